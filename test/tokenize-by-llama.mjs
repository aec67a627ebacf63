// Reads {path, texts} from standard input and prints the token ids that llama.cpp finds in each text, special tokens by
// their text. A process of its own: llama.cpp ends it at files that it does not like.
import { text } from 'node:stream/consumers'
import { getLlama, LlamaLogLevel } from 'node-llama-cpp'

const { path, texts } = JSON.parse(await text(process.stdin))
const llama = await getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.error })
const model = await llama.loadModel({ modelPath: path, vocabOnly: true })
const ids = texts.map((one) => [...model.tokenize(one, true)])
process.stdout.write(JSON.stringify(ids), () => process.exit(0))
