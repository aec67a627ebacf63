import { codeWords } from '../src/formats/affine'
import type { AffineLinear, Width } from '../src/formats/quantized'
import type { Gpu } from '../src/gpu/device'
import { affineMatmul } from '../src/kernels/affine-matmul'
import { freeAffine, uploadAffine } from '../src/kernels/dequantize-affine'
import { matmul } from '../src/kernels/gemm'
import { randomFrom } from '../src/random'
import type { Work } from './suite'

/** Matrices multiplied one after another, so that none is still in a cache when it comes up again. */
const IN_TURN = 16
const COPIED = 4
const GROUP = 128
/** Of a prompt, or of a batch of windows. */
const TOKENS = 512

/** Random codes on a grid with zeros in groups of 128; a code of any bits is a code. */
function linearOf(n: number, bits: Width): AffineLinear {
  const random = randomFrom(bits)
  const segments = [{ bits, columns: n }]
  const groups = Math.ceil(n / GROUP)
  return {
    ...{ kind: 'affine', name: 'bench', out: n, in: n, perm: null, segments },
    ...{ groupOf: null, groupSize: Math.min(n, GROUP), groups },
    codes: Uint32Array.from({ length: codeWords(segments, n) }, () => random() * 2 ** 32),
    grid: {
      ...{ type: 'zero', zeroBits: bits, scale: new Uint16Array(n * groups).fill(0x2000) },
      zeros: Uint32Array.from({ length: Math.ceil((n * groups * bits) / 32) }, () => random() * 2 ** 32),
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

const stored = (n: number, bits: number) => (n * n * (bits + (16 + bits) / GROUP)) / 8

const product = (bits: Width, tokens: number, turns: number, name: string): Work => ({
  name,
  flops: (n) => 2 * turns * tokens * n * n,
  bytes: (n) => turns * (stored(n, bits) + 8 * tokens * n),
  async prepare(gpu, n) {
    const linear = linearOf(n, bits)
    const packed = Array.from({ length: turns }, () => uploadAffine(gpu, linear, gpu.info.maxBindingBytes))
    const [x, y] = [inputs(gpu, tokens, n), gpu.alloc([tokens, n])]
    const run = () => {
      const rec = gpu.record()
      for (const one of packed) affineMatmul(gpu, rec, { x, packed: one, y })
      return gpu.submit(rec)
    }
    const free = () => {
      for (const one of packed) freeAffine(gpu, one)
      gpu.free(x, y)
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

const copied: Work = {
  name: `copy of ${COPIED} n×n float32, read and written`,
  flops: () => 0,
  bytes: (n) => 8 * COPIED * n * n,
  largest: (n) => COPIED * n * n,
  async prepare(gpu, n) {
    const [from, to] = [gpu.alloc([COPIED, n, n]), gpu.alloc([COPIED, n, n])]
    const run = () => {
      const rec = gpu.record()
      rec.copy(from, to)
      return gpu.submit(rec)
    }
    return { run, free: () => gpu.free(from, to) }
  },
}

/** What packed codes cost to use: beside a copy, and the plain product. */
export const codeWorks: readonly Work[] = [
  copied,
  ...([4, 2] as const).map((bits) =>
    product(bits, 1, IN_TURN, `codes of ${bits} bits·x, ${IN_TURN} of n×n in turn, one token`),
  ),
  plain,
  ...([4, 2] as const).map((bits) => product(bits, TOKENS, 1, `codes of ${bits} bits·X, n×n, ${TOKENS} tokens`)),
]
