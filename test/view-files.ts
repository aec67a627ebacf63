import { encodeFloat16 } from '../src/formats/floats'
import { type GgmlTypeName, ggmlTypes } from '../src/formats/gguf/types'
import { randomFrom } from '../src/random'
import { f32, flag, ggufFile, text, texts, u32, type Written, type WrittenTensor } from './gguf'

const count = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1)

/** Where the float16 numbers of a block are, of the types that are made here. */
const HALVES: Partial<Record<GgmlTypeName, readonly number[]>> = {
  ...{ Q8_0: [0], Q4_K: [0, 2], Q6_K: [208], Q2_K: [80, 82], IQ2_XS: [0], IQ1_S: [0] },
}

/** A tensor of any type whose codes are noise, and whose scales rise from row to row; its columns have a pattern. */
export function noisy(name: string, type: GgmlTypeName, shape: readonly number[], seed = 1): WrittenTensor {
  const random = randomFrom(seed)
  const { weights, bytes } = ggmlTypes[type]
  const blocks = count(shape) / weights
  const data = Uint8Array.from({ length: blocks * bytes }, () => Math.floor(random() * 256))
  const perRow = shape.at(-1)! / weights
  for (let block = 0; block < blocks; block++)
    for (const at of HALVES[type] ?? []) {
      const row = Math.floor(block / perRow) / (blocks / perRow)
      const half = encodeFloat16(Float32Array.of((0.5 + row + (block % perRow === 1 ? 1 : 0)) / 2000))
      data.set(new Uint8Array(half.buffer), block * bytes + at)
    }
  return { name, type, shape, data }
}

/** A tensor of float16 numbers. */
export function halves(name: string, shape: readonly number[], value: (index: number) => number): WrittenTensor {
  const values = Float32Array.from({ length: count(shape) }, (_, i) => value(i))
  return { name, type: 'F16', shape, data: new Uint8Array(encodeFloat16(values).buffer) }
}

/** What deceives a reader or a page that takes it for more than text. */
export const HOSTILE = '<img src=x onerror=alert(1)>\u202egpj\u001b[2J'

/** A GGUF file of an architecture that nobody knows, in types of all sorts; a byte or so a weight. */
export function strangeGguf(layers = 4, hidden = 512, ffn = 1024): Uint8Array<ArrayBuffer> {
  const written: Written = {
    metadata: [
      ['general.architecture', text('loomish')],
      ['general.name', text(HOSTILE)],
      ['loomish.block_count', u32(layers)],
      ['loomish.attention.layer_norm_rms_epsilon', f32(1e-5)],
      ['loomish.flag', flag(true)],
      ['tokenizer.ggml.tokens', texts(Array.from({ length: 5000 }, (_, id) => `<${id}>`))],
      [`key ${HOSTILE}`, text('x'.repeat(5000))],
    ],
    tensors: [
      noisy('token_embd.weight', 'Q6_K', [1024, hidden]),
      halves('output_norm.weight', [hidden], (i) => 1 + (i % 7) / 10),
      // of a fork of llama.cpp
      { ...noisy('foreign.weight', 'Q8_0', [16, hidden]), typeId: 137 },
      ...Array.from({ length: layers }, (_, layer) => [
        halves(`blk.${layer}.attn_norm.weight`, [hidden], (i) => 1 + (i % 5) / 10),
        noisy(`blk.${layer}.attn_q.weight`, 'Q4_K', [hidden, hidden], layer),
        noisy(`blk.${layer}.attn_v.weight`, 'Q6_K', [hidden / 4, hidden], layer),
        noisy(`blk.${layer}.ffn_up.weight`, layer % 2 ? 'Q2_K' : 'Q4_K', [ffn, hidden], layer),
        noisy(`blk.${layer}.ffn_down.weight`, 'Q8_0', [hidden, ffn], layer),
        noisy(`blk.${layer}.codebook.weight`, 'IQ2_XS', [64, hidden], layer),
      ]).flat(),
    ],
  }
  return ggufFile(written)
}
