/**
 * llama.cpp in a process of its own, since a file that it cannot stand ends the process: reads one job as JSON from standard input,
 * prints one object. Never imported.
 */
import { readFileSync, writeSync } from 'node:fs'
import { getLlama, LlamaLogLevel } from 'node-llama-cpp'

const { path, text, windows, firstScored } = JSON.parse(readFileSync(0, 'utf8'))
const llama = await getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.error })
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
writeSync(1, JSON.stringify(result))
process.exit(0)
