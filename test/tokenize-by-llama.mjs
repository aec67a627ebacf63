// Reads {paths, texts} from standard input and prints, for each GGUF file, the token ids that llama.cpp finds in each text,
// special tokens by their text. A process of its own: llama.cpp ends it at files that it does not like.
import { text } from 'node:stream/consumers'
import { getLlama, LlamaLogLevel } from 'node-llama-cpp'

const { paths, texts } = JSON.parse(await text(process.stdin))
const llama = await getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.error })
const ids = []
for (const modelPath of paths) {
  const model = await llama.loadModel({ modelPath, vocabOnly: true })
  ids.push(texts.map((one) => [...model.tokenize(one, true)]))
  await model.dispose()
}
process.stdout.write(JSON.stringify(ids), () => process.exit(0))
