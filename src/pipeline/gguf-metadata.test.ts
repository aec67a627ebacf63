import { expect, it } from 'vitest'
import { openForLlamaCpp } from '../../test/architectures'
import { modelMetadata } from './gguf-metadata'

const sliding = 'sliding_attention'
const full = 'full_attention'

it.each([
  ['gemma2', [sliding, full], undefined],
  ['gemma2', [full, sliding], [0, 1]],
  ['gemma2', [sliding, sliding], [1, 1]],
  ['gemma3', [sliding, full, sliding], [1, 0, 1]],
  ['gemma3', [sliding, sliding, sliding], undefined],
  ['mistral', [sliding, sliding], undefined],
  ['mistral', [full, sliding], [0, 1]],
])('windows of %s in layers %o are listed where they are not the usual ones', async (name, layer_types, listed) => {
  const model = await openForLlamaCpp(name, { query_pre_attn_scalar: 10, layer_types })
  const entries = new Map(modelMetadata(model).map(([key, { value }]) => [key.replace(/^[a-z0-9]+\./, ''), value]))
  expect(entries.get('attention.sliding_window')).toBe(7)
  expect(entries.get('attention.sliding_window_pattern')).toEqual(listed)
})
