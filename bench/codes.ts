import { codeWords } from '../src/formats/affine'
import type { AffineLinear, Width } from '../src/formats/quantized'
import type { Gpu } from '../src/gpu/device'
import { affineMatmul } from '../src/kernels/affine-matmul'
import { freeAffine, uploadAffine } from '../src/kernels/dequantize-affine'
import { matmul } from '../src/kernels/gemm'
import { randomFrom } from '../src/random'
import type { Work } from './suite'
import { upRows } from './synthetic'

/** Matrices multiplied one after another, so that none is still in a cache when it comes up again. */
const IN_TURN = 16
const GROUP = 128
/** Of a prompt, or of a batch of windows. */
const TOKENS = 512

/** Random codes on a grid with zeros in groups of 128; a code of any bits is a code. */
function linearOf(rows: number, n: number, bits: Width): AffineLinear {
  const random = randomFrom(bits)
  const segments = [{ bits, columns: n }]
  const groups = Math.ceil(n / GROUP)
  return {
    ...{ kind: 'affine', name: 'bench', out: rows, in: n, perm: null, segments },
    ...{ groupOf: null, groupSize: Math.min(n, GROUP), groups },
    codes: Uint32Array.from({ length: codeWords(segments, rows) }, () => random() * 2 ** 32),
    grid: {
      ...{ type: 'zero', zeroBits: bits, scale: new Uint16Array(rows * groups).fill(0x2000) },
      zeros: Uint32Array.from({ length: Math.ceil((rows * groups * bits) / 32) }, () => random() * 2 ** 32),
    },
  }
}

const inputs = (gpu: Gpu, tokens: number, n: number) => {
  const random = randomFrom(1)
  return gpu.upload(
    Float32Array.from({ length: tokens * n }, () => 2 * random() - 1),
    [tokens, n],
  )
}

const stored = (rows: number, n: number, bits: number) => (rows * n * (bits + (16 + bits) / GROUP)) / 8

interface Setting {
  readonly tokens: number
  readonly turns: number
  rowsOf(n: number): number
}

const product = (bits: Width, { tokens, turns, rowsOf }: Setting, name: string): Work => ({
  name,
  flops: (n) => 2 * turns * tokens * rowsOf(n) * n,
  bytes: (n) => turns * (stored(rowsOf(n), n, bits) + 4 * tokens * (rowsOf(n) + n)),
  async prepare(gpu, n) {
    const rows = rowsOf(n)
    const linear = linearOf(rows, n, bits)
    const x = inputs(gpu, tokens, n)
    // outputs of their own: products that wait for nothing, as those of one layer are
    const products = Array.from({ length: turns }, () => ({
      x,
      packed: uploadAffine(gpu, linear, gpu.info.maxBindingBytes),
      y: gpu.alloc([tokens, rows]),
    }))
    const run = () => {
      const rec = gpu.record()
      for (const one of products) affineMatmul(gpu, rec, one)
      return gpu.submit(rec)
    }
    const free = () => {
      gpu.free(x, ...products.map(({ y }) => y))
      for (const { packed } of products) freeAffine(gpu, packed)
    }
    return { run, free }
  },
})

const plain: Work = {
  name: `W·X in float32, n×n, ${TOKENS} tokens`,
  flops: (n) => 2 * TOKENS * n * n,
  bytes: (n) => 4 * (n * n + 2 * TOKENS * n),
  async prepare(gpu, n) {
    const [x, w, y] = [inputs(gpu, TOKENS, n), inputs(gpu, n, n), gpu.alloc([TOKENS, n])]
    const run = () => {
      const rec = gpu.record()
      matmul(rec, { a: x, b: w, c: y, m: TOKENS, n, k: n, transB: true, gpu })
      return gpu.submit(rec)
    }
    return { run, free: () => gpu.free(x, w, y) }
  },
}

/** What packed codes cost to use, beside the plain product. */
export const codeWorks: readonly Work[] = [
  ...([4, 2] as const).map((bits) =>
    product(
      bits,
      { tokens: 1, turns: IN_TURN, rowsOf: upRows },
      `codes of ${bits} bits·x, ${IN_TURN} of 2.69n×n in turn, one token`,
    ),
  ),
  plain,
  ...([4, 2] as const).map((bits) =>
    product(bits, { tokens: TOKENS, turns: 1, rowsOf: (n) => n }, `codes of ${bits} bits·X, n×n, ${TOKENS} tokens`),
  ),
]
