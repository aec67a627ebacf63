import { memorySource } from '../src/formats/bytes'
import { compressedTensorsFormat } from '../src/formats/compressed-tensors/write'
import { gptqFormat } from '../src/formats/gptq/write'
import { openModel } from '../src/formats/open'
import type { QuantizedLinear, Width } from '../src/formats/quantized'
import { safetensorsChunks } from '../src/formats/safetensors-writer'
import { exportUniform, type UniformFormat } from '../src/formats/uniform-folder'
import { linearName, requiredTensors } from '../src/models/required-tensors'
import { specFromConfig } from '../src/models/spec'
import { affineSample } from './affine'
import { noise } from './device'
import { encode } from './mutations'
import { collect } from './tiny-model'

const config = {
  ...{ architectures: ['LlamaForCausalLM'], vocab_size: 40, hidden_size: 32, intermediate_size: 64 },
  ...{ num_hidden_layers: 1, num_attention_heads: 2, num_key_value_heads: 2, max_position_embeddings: 64 },
  ...{ tie_word_embeddings: true, rms_norm_eps: 1e-5, rope_theta: 10000 },
}
const letters = Object.fromEntries([...'abcdefghijklmnopqrstuvwxyz'].map((letter, id) => [letter, id]))
const stages = { normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null }
const tokenizer = { added_tokens: [], ...stages, model: { type: 'BPE', vocab: letters, merges: [] } }

export const FORMATS = { gptq: gptqFormat(1), 'gptq-v2': gptqFormat(2), 'compressed-tensors': compressedTensorsFormat }

/** A model of one block whose linears have several widths, zeros and orders of columns, and its folder in a format. */
export async function quantizedFolder(format: UniformFormat) {
  const spec = specFromConfig(config)
  const tensors = [...requiredTensors(spec)].map(({ name, shape }, seed) => {
    const values = noise(
      shape.reduce((product, n) => product * n, 1),
      seed,
    )
    return { name, dtype: 'F32', shape, data: async () => new Uint8Array(values.buffer) } as const
  })
  const source = await openModel([
    memorySource(await collect(safetensorsChunks(tensors)), 'model.safetensors'),
    memorySource(encode(config), 'config.json'),
    memorySource(encode(tokenizer), 'tokenizer.json'),
  ])
  const widths: readonly Width[] = [4, 4, 3, 8, 4, 2, 4]
  const linears = new Map<string, QuantizedLinear>(
    spec.linears.map((linear, i) => {
      const name = linearName(0, linear)
      const shape = { out: linear.out, columns: linear.in, widths: [[widths[i]!, 1] as [Width, number]] }
      const grid = i === 4 ? ('zero' as const) : ('symmetric' as const)
      const rest = { zeroBits: 4, groupSize: 32, permuted: i === 6, named: false, seed: i } as const
      const sample = affineSample({ ...shape, ...rest, grid }, name).linear
      // version 1 has no zero of 0
      return [name, sample.grid.type === 'zero' ? { ...sample, grid: raised(sample.grid) } : sample]
    }),
  )
  const read = new Map([...linears].map(([name, linear]) => [name, async () => linear]))
  const { files, warnings } = await exportUniform(format, source, read)
  const bytes = new Map<string, Uint8Array<ArrayBuffer>>()
  for (const { name, chunks } of files) bytes.set(name, await collect(chunks))
  return { source, linears, files: bytes, warnings }
}

const raised = <G extends { readonly zeros: Uint32Array<ArrayBuffer> }>(grid: G): G => ({
  ...grid,
  zeros: grid.zeros.map((word) => word | 0x11111111),
})

export const sourcesOf = (files: ReadonlyMap<string, Uint8Array>) =>
  [...files].map(([name, bytes]) => memorySource(bytes, name))
