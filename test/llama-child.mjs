/**
 * llama.cpp in a process of its own, since a file that it cannot stand ends the process: reads one job as JSON from standard input,
 * prints one object. Never imported.
 */
import { json } from 'node:stream/consumers'
import { getLlama, LlamaLogLevel } from 'node-llama-cpp'

const { path, text, windows, firstScored, paths, texts } = await json(process.stdin)
const llama = await getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.error })
const say = (answer) => process.stdout.write(JSON.stringify(answer), () => process.exit(0))

if (paths) {
  const ids = []
  for (const modelPath of paths) {
    const model = await llama.loadModel({ modelPath, vocabOnly: true })
    ids.push(texts.map((one) => [...model.tokenize(one, true)]))
    await model.dispose()
  }
  say(ids)
} else say(await looked())

async function looked() {
  const model = await llama.loadModel({ modelPath: path, vocabOnly: windows === undefined })
  const result = { tokens: text === undefined ? [] : model.tokenize(text) }
  if (windows) {
    const context = await model.createContext({
      contextSize: Math.max(256, windows[0].length),
      batchSize: 512,
      threads: 1,
    })
    const sequence = context.getSequence()
    result.nll = []
    for (const ids of windows) {
      await sequence.clearHistory()
      // position p tells of token p + 1
      const options = { temperature: 1, topK: 0, topP: 1, minP: 0 }
      const asked = { generateNext: { probabilities: true, options } }
      const outputs = await sequence.controlledEvaluate(
        ids.slice(0, -1).map((id, p) => (p + 1 < firstScored ? id : [id, asked])),
      )
      for (let p = firstScored - 1; p < ids.length - 1; p++)
        result.nll.push(-Math.log(outputs[p].next.probabilities.get(ids[p + 1])))
    }
  }
  return result
}
