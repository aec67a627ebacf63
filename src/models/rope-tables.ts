import type { Gpu } from '../gpu/device'
import type { Tensor } from '../gpu/tensor'
import { inverseFrequencies, type ModelSpec } from './spec'

/** cos and sin of every angle of the rotary embedding, each [positions, headDim / 2]. */
export interface RopeTables {
  readonly cosines: Tensor
  readonly sines: Tensor
  readonly positions: number
}

/** Angles are computed in float64: in float32 those of late positions would be off by more than the cosine's rounding. */
export function makeRopeTables(gpu: Gpu, spec: ModelSpec, positions: number): RopeTables {
  const frequencies = inverseFrequencies(spec)
  const half = frequencies.length
  const cosines = new Float32Array(positions * half)
  const sines = new Float32Array(positions * half)
  for (let position = 0; position < positions; position++)
    for (let i = 0; i < half; i++) {
      const angle = position * frequencies[i]!
      cosines[position * half + i] = Math.cos(angle)
      sines[position * half + i] = Math.sin(angle)
    }
  return {
    cosines: gpu.upload(cosines, [positions, half], 'rope cosines'),
    sines: gpu.upload(sines, [positions, half], 'rope sines'),
    positions,
  }
}
