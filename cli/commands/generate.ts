import { generate as continueGreedily } from '../../src/models/generation'
import { LlamaModel } from '../../src/models/model'
import { freeBlock } from '../../src/models/weights'
import { weightsOf } from '../../src/pipeline/opened'
import { command, UsageError } from '../command'
import { openPath, withGpu } from '../input'

export const generate = command({
  name: 'generate',
  positionals: ['PATH'],
  summary: 'Continues a prompt with the likeliest tokens.',
  flags: {
    prompt: { type: 'text', value: 'TEXT', required: true, help: 'Text to continue.' },
    'max-new-tokens': {
      ...{ type: 'number', value: 'N', min: 1, max: 131072, whole: true, default: 64 },
      help: 'At most so many tokens.',
    },
  },
  async run({ positionals: [path], values, signal }) {
    const { prompt, 'max-new-tokens': maxNewTokens, json } = values
    const model = await openPath(path!)
    const { tokenizer, spec } = model
    const promptIds = tokenizer.encode(prompt, { bos: tokenizer.addsBos })
    if (promptIds.length === 0) throw new UsageError('generate: --prompt: expected at least one token, got none')
    return withGpu(signal, async (gpu) => {
      const show = (text: string) => void (json || process.stdout.write(text))
      const weights = weightsOf(gpu, model)
      const llama = await LlamaModel.load(gpu, spec, weights, { positions: promptIds.length + maxNewTokens })
      const blocks = await llama.loadBlocks()
      const started = performance.now()
      const newIds: number[] = []
      let text = ''
      show(prompt)
      for await (const piece of continueGreedily(gpu, llama, blocks, tokenizer, promptIds, { maxNewTokens, signal })) {
        if (piece.id !== null) newIds.push(piece.id)
        text += piece.text
        show(piece.text)
      }
      const seconds = (performance.now() - started) / 1000
      for (const block of blocks) freeBlock(gpu, block)
      llama.free()
      return { json: { prompt, text, ids: [...promptIds, ...newIds], tokens: newIds.length, seconds }, text: '' }
    })
  },
})
