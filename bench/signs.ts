import { packSign } from '../src/formats/sign-pack'
import type { Gpu } from '../src/gpu/device'
import { dequantizeInto } from '../src/kernels/dequantize'
import { signMatmul } from '../src/kernels/sign-matmul'
import { freeSign, uploadSign } from '../src/kernels/upload-sign'
import { randomFrom } from '../src/random'
import type { Work } from './suite'

/** Four amplitudes for the whole matrix, one weight in a hundred apart. */
const GROUPS = 4
const APART = 0.01
/** Bits a weight that are read: signs and ids, and what is apart as column and float32. */
const READ = 3 + APART * 64

function upload(gpu: Gpu, n: number) {
  const random = randomFrom(5)
  const positions = Uint32Array.from({ length: Math.ceil(n * n * APART) }, (_, i) =>
    Math.min(n * n - 1, Math.floor((i + random()) / APART)),
  )
  const linear = packSign({
    ...{ name: 'bench', out: n, in: n, groups: GROUPS, blockColumns: n, perRow: false },
    signs: Uint8Array.from({ length: n * n }, () => random() * 2),
    ids: Uint8Array.from({ length: n * n }, () => random() * GROUPS),
    amplitudes: Float32Array.from({ length: GROUPS }, (_, group) => 0.01 * (group + 1)),
    sparse: {
      ...{ positions: new Uint32Array([...new Set(positions)]), bits: 4, scales: new Float32Array(n).fill(0.01) },
      codes: Uint8Array.from(positions, () => random() * 16),
    },
  })
  return uploadSign(gpu, linear, gpu.info.maxBindingBytes)
}

const product = (tokens: (n: number) => number, name: string): Work => ({
  name,
  flops: (n) => 2 * tokens(n) * n * n,
  bytes: (n) => (n * n * READ) / 8 + 8 * tokens(n) * n,
  async prepare(gpu, n) {
    const packed = upload(gpu, n)
    const m = tokens(n)
    const random = randomFrom(1)
    const x = gpu.upload(
      Float32Array.from({ length: m * n }, () => 2 * random() - 1),
      [m, n],
    )
    const y = gpu.alloc([m, n])
    const run = () => {
      const rec = gpu.record()
      signMatmul(rec, { x, packed, y })
      return gpu.submit(rec)
    }
    const free = () => {
      freeSign(gpu, packed)
      gpu.free(x, y)
    }
    return { run, free }
  },
})

const dequantized: Work = {
  name: `signs of ${GROUPS} groups to float32, n×n`,
  flops: () => 0,
  bytes: (n) => (n * n * READ) / 8 + 4 * n * n,
  async prepare(gpu, n) {
    const packed = upload(gpu, n)
    const weights = gpu.alloc([n, n])
    const run = () => {
      const rec = gpu.record()
      dequantizeInto(rec, packed, weights)
      return gpu.submit(rec)
    }
    const free = () => {
      freeSign(gpu, packed)
      gpu.free(weights)
    }
    return { run, free }
  },
}

/** What a linear of signs costs to use: beside the plain product of suite.ts. */
export const signWorks: readonly Work[] = [
  dequantized,
  product((n) => n, `signs·X, n×n from ${GROUPS} groups, n tokens`),
  product(() => 1, `signs·x, n×n from ${GROUPS} groups, one token`),
]
