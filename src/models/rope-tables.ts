import type { Gpu } from '../gpu/device'
import type { Tensor } from '../gpu/tensor'
import { inverseFrequencies, type RopeSpec } from './rope'
import type { ModelSpec } from './spec'

/** cos and sin of every angle of a rotary embedding, each [positions, turned / 2]. */
export interface RopeTable {
  readonly cosines: Tensor
  readonly sines: Tensor
}

/** Of a model: none where it does not turn, and another for layers that see a window where those turn otherwise. */
export interface RopeTables {
  readonly positions: number
  readonly whole: RopeTable | null
  readonly local: RopeTable | null
}

export function makeRopeTables(gpu: Gpu, { rope, localRope }: ModelSpec, positions: number): RopeTables {
  const made = (of: RopeSpec | null) => of && makeTable(gpu, of, positions)
  return { positions, whole: made(rope), local: made(localRope) }
}

export function freeRopeTables(gpu: Gpu, { whole, local }: RopeTables): void {
  for (const table of [whole, local]) if (table) gpu.free(table.cosines, table.sines)
}

/** Angles are computed in float64: in float32 those of late positions would be off by more than the cosine's rounding. */
function makeTable(gpu: Gpu, rope: RopeSpec, positions: number): RopeTable {
  const frequencies = inverseFrequencies(rope, positions)
  const loudness = rope.scaling?.type === 'longrope' ? rope.scaling.attention : 1
  const half = frequencies.length
  const cosines = new Float32Array(positions * half)
  const sines = new Float32Array(positions * half)
  for (let position = 0; position < positions; position++)
    for (let i = 0; i < half; i++) {
      const angle = position * frequencies[i]!
      cosines[position * half + i] = loudness * Math.cos(angle)
      sines[position * half + i] = loudness * Math.sin(angle)
    }
  return {
    cosines: gpu.upload(cosines, [positions, half], 'rope cosines'),
    sines: gpu.upload(sines, [positions, half], 'rope sines'),
  }
}
