import { KV_TYPES } from '../../src/models/kv-cache'
import { type Continuation, continueText } from '../../src/pipeline/continue'
import { weightsOf } from '../../src/pipeline/opened'
import { visible } from '../../src/visible'
import { command, UsageError } from '../command'
import { openPath, withGpu } from '../input'
import { say } from '../progress'

const measured = ({ compileMs, timeToFirstTokenMs, tokensPerSecond, memoryBytes }: Omit<Continuation, 'newTokens'>) =>
  [
    `kernels compiled in ${compileMs.toFixed(0)} ms`,
    ...(timeToFirstTokenMs === null ? [] : [`first token after ${timeToFirstTokenMs.toFixed(0)} ms`]),
    ...(tokensPerSecond === null ? [] : [`then ${tokensPerSecond.toFixed(1)} tokens/s`]),
    `${(memoryBytes / 2 ** 20).toFixed(0)} MiB of GPU memory`,
  ].join(', ')

export const generate = command({
  name: 'generate',
  positionals: ['PATH'],
  summary: 'Continues a prompt, with the likeliest tokens or with tokens drawn by their probability.',
  flags: {
    prompt: { type: 'text', value: 'TEXT', required: true, help: 'Text to continue, or the message of --chat.' },
    'max-new-tokens': {
      ...{ type: 'number', value: 'N', min: 1, max: 131072, whole: true, default: 64 },
      help: 'At most so many tokens.',
    },
    temperature: {
      ...{ type: 'number', value: 'X', min: 0, max: 100, whole: false, default: 0 },
      help: 'Tokens are drawn, more evenly the higher it is; 0 takes the likeliest.',
    },
    'top-k': {
      ...{ type: 'number', value: 'K', min: 0, max: 1048576, whole: true, default: 0 },
      help: 'Draw from the K likeliest only; 0 is all.',
    },
    'top-p': {
      ...{ type: 'number', value: 'P', min: 0, max: 1, whole: false, default: 1 },
      help: 'Draw from the fewest tokens whose probabilities sum to P.',
    },
    seed: {
      ...{ type: 'number', value: 'N', min: 0, max: 4294967295, whole: true, default: 0 },
      help: 'Decides what is drawn.',
    },
    stop: { type: 'texts', value: 'TEXT', help: 'End before this text.' },
    kv: {
      type: 'choice',
      choices: KV_TYPES,
      default: 'f32',
      help: 'How keys and values are kept; f16 takes half the memory.',
    },
    chat: {
      type: 'switch',
      help: "The prompt is a message, put into the model's chat template; prints the answer only.",
    },
    system: { type: 'text', value: 'TEXT', help: 'What the model is told before the message of --chat.' },
  },
  async run({ positionals: [path], values, signal }) {
    const { prompt, 'max-new-tokens': maxNewTokens, temperature, seed, stop: stops, kv, chat, system, json } = values
    if (stops.includes(''))
      throw new UsageError('generate: --stop: expected a text, got an empty one — leave the flag out')
    if (system !== undefined && !chat)
      throw new UsageError('generate: --system: expected --chat beside it, got none — add it')
    const sampling = { temperature, topK: values['top-k'], topP: values['top-p'] }
    const model = await openPath(path!)
    return withGpu(signal, async (gpu) => {
      let begun = chat
      const onText = (text: string) => {
        if (!json) process.stdout.write(visible(begun ? text : prompt + text))
        begun = true
      }
      const request = {
        prompt,
        maxNewTokens,
        sampling,
        seed,
        stops,
        kv,
        signal,
        onText,
        ...(chat && { chat: { system } }),
      }
      const { newTokens, ...result } = await continueText(gpu, model, weightsOf(gpu, model), request)
      onText('') // the prompt, where nothing came after it
      if (!json) say(`\n${measured(result)}`)
      return { json: { tokens: newTokens, ...result }, text: '' }
    })
  },
})
