import { type Continuation, continueText } from '../../src/pipeline/continue'
import { weightsOf } from '../../src/pipeline/opened'
import { command } from '../command'
import { openPath, withGpu } from '../input'

const measured = ({ timeToFirstTokenMs, tokensPerSecond, memoryBytes }: Omit<Continuation, 'newTokens'>) =>
  [
    ...(timeToFirstTokenMs === null ? [] : [`first token after ${timeToFirstTokenMs.toFixed(0)} ms`]),
    ...(tokensPerSecond === null ? [] : [`then ${tokensPerSecond.toFixed(1)} tokens/s`]),
    `${(memoryBytes / 2 ** 20).toFixed(0)} MiB of GPU memory`,
  ].join(', ')

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
      const { newTokens, ...result } = await continueText(gpu, model, weightsOf(gpu, model), request)
      if (!json) process.stderr.write(`\n${measured(result)}\n`)
      return { json: { prompt, tokens: newTokens, ...result }, text: '' }
    })
  },
})
