import { continueText } from '../../src/pipeline/continue'
import { weightsOf } from '../../src/pipeline/opened'
import { command } from '../command'
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
    return withGpu(signal, async (gpu) => {
      const onText = (text: string) => void (json || process.stdout.write(text))
      onText(prompt)
      const request = { prompt, maxNewTokens, signal, onText }
      const { text, ids, newTokens, seconds } = await continueText(gpu, model, weightsOf(gpu, model), request)
      return { json: { prompt, text, ids, tokens: newTokens, seconds }, text: '' }
    })
  },
})
