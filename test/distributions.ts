import { randomFrom } from '../src/random'

/** Normal numbers of deviation 1, the same every time. */
export function gaussian(length: number, seed: number): Float32Array<ArrayBuffer> {
  const random = randomFrom(seed)
  return Float32Array.from({ length }, () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()))
}

/** Laplace numbers of scale 1, the same every time. */
export function laplacian(length: number, seed: number): Float32Array<ArrayBuffer> {
  const random = randomFrom(seed)
  return Float32Array.from({ length }, () => {
    const u = 2 * random() - 1
    return -Math.sign(u) * Math.log(1 - Math.abs(u))
  })
}
