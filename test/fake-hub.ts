import { CancelledError } from '../src/errors'
import type { CachedModel } from '../src/hub/cache'
import type { HubApi, HubOffer } from '../src/workers/hub-api'

const files = [
  { path: 'config.json', size: 700, whyNot: 'not needed' },
  { path: 'model.safetensors', size: 269_000_000, whyNot: 'another model or a copy of these weights' },
  { path: 'pytorch_model.bin', size: 269_000_000, whyNot: 'a pickle may run code when it is read' },
  { path: 'tokenizer.json', size: 2_100_000, whyNot: 'not needed' },
]

export const fakeOffer: HubOffer = {
  ...{ repo: 'org/wren', revision: 'main', commit: 'a'.repeat(40), files },
  choices: [
    {
      ...{ id: '', type: null, bytes: 271_100_700, problem: null },
      paths: ['config.json', 'model.safetensors', 'tokenizer.json'],
      preview: {
        ...{ architecture: 'LlamaForCausalLM', parameters: 134_500_000, context: 2048 },
        ...{ types: [{ type: 'BF16', share: 1 }], bits: 16 },
        forecast: {
          ...{ weights: 2e8, hessians: 1e8, activations: 1e8, peak: 4e8, largestBinding: 1e8, bindingLimit: 134217728 },
          problems: [],
          states: 'gpu',
          host: 300e6,
          disk: 20e6,
        },
      },
    },
  ],
}

/** A Hub that knows one repository, and keeps what was fetched. A download goes half way, then waits for `stop` or `go`. */
export function fakeHub(own: Partial<HubApi> = {}): HubApi {
  let kept: CachedModel[] = []
  let stop = () => {}
  const model = (bytes: number): CachedModel => ({
    ...{ folder: 'org--wren-1', repo: 'org/wren', revision: 'main', commit: 'a'.repeat(40), choice: '' },
    ...{ bytes, total: 271_100_700, complete: bytes === 271_100_700 },
  })
  return {
    look: async () => fakeOffer,
    describe: async () => fakeOffer.choices[0]!,
    async fetch(_wish, _access, onProgress) {
      const total = 271_100_700
      if (kept.length === 0) {
        kept = [model(1e8)]
        onProgress({ file: 'model.safetensors', done: 1e8, total, note: null })
        await new Promise<void>((_, reject) => {
          stop = () => reject(new CancelledError('hub: stopped'))
        })
      }
      kept = [model(total)]
      onProgress({ file: 'tokenizer.json', done: total, total, note: null })
      return 'org--wren-1'
    },
    push: async ({ repo }, _access, onProgress) => {
      onProgress({ phase: 'sending', file: 'a', done: 1, total: 2 })
      return `https://huggingface.co/${repo}`
    },
    stop: async () => stop(),
    cached: async () => ({ models: kept, bytes: kept.reduce((sum, { bytes }) => sum + bytes, 0) }),
    async clear() {
      kept = []
    },
    text: async (name, _access, onProgress) => {
      onProgress(100, 4358)
      return { name, text: 'call me' }
    },
    ...own,
  }
}
