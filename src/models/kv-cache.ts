import type { Gpu } from '../gpu/device'
import type { Tensor } from '../gpu/tensor'
import type { ModelSpec } from './spec'

/** Keys and values of the tokens a block has seen, each [capacity, kvHeads·headDim]; keys are already turned. */
export interface KvCacheLayer {
  readonly k: Tensor
  readonly v: Tensor
}

/** Room for `capacity` tokens of one sequence in every block. */
export class KvCache {
  readonly layers: readonly KvCacheLayer[]

  constructor(
    private readonly gpu: Gpu,
    spec: ModelSpec,
    capacity: number,
  ) {
    const shape = [capacity, spec.kvHeads * spec.headDim]
    this.layers = Array.from({ length: spec.layers }, () => ({
      k: gpu.alloc(shape, 'f32', 'cached keys'),
      v: gpu.alloc(shape, 'f32', 'cached values'),
    }))
  }

  free(): void {
    for (const { k, v } of this.layers) this.gpu.free(k, v)
  }
}
