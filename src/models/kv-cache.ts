import { NumericalError } from '../errors'
import type { Gpu } from '../gpu/device'
import type { Recorder } from '../gpu/recorder'
import type { Tensor } from '../gpu/tensor'
import { storeHalves } from '../kernels/store-halves'
import type { ModelSpec } from './spec'

/** How keys and values are kept: 'f16' takes half the memory, and rounds them to 11 bits. */
export type KvType = (typeof KV_TYPES)[number]
export const KV_TYPES = ['f32', 'f16'] as const

/** Keys and values of the tokens a block has seen; keys are already turned. */
export interface KvCacheLayer {
  /** f32 [capacity, kvHeads·headDim], or u32 [capacity, kvHeads·headDim / 2] with halves in pairs. */
  readonly k: Tensor
  readonly v: Tensor
  /** u32 [1] of a cache in halves: 1 once a number was too large for one. */
  readonly beyond: Tensor | null
}

/** Room for `capacity` tokens of one sequence in every block. */
export class KvCache {
  readonly layers: readonly KvCacheLayer[]
  readonly #beyond: Tensor | null

  constructor(
    private readonly gpu: Gpu,
    spec: ModelSpec,
    capacity: number,
    type: KvType = 'f32',
  ) {
    const row = spec.kvHeads * spec.headDim
    const [shape, stored] = type === 'f16' ? [[capacity, row / 2], 'u32' as const] : [[capacity, row], type]
    const beyond = type === 'f16' ? gpu.upload(Uint32Array.of(0), [1], 'beyond halves') : null
    this.#beyond = beyond
    this.layers = Array.from({ length: spec.layers }, () => ({
      k: gpu.alloc(shape, stored, 'cached keys'),
      v: gpu.alloc(shape, stored, 'cached values'),
      beyond,
    }))
  }

  /** NumericalError once a key or value did not fit in a half. */
  async check(): Promise<void> {
    const [beyond] = this.#beyond ? await this.gpu.readU32(this.#beyond) : [0]
    if (beyond)
      throw new NumericalError(
        'kv cache: expected keys and values within ±65504, the range of f16, got larger ones — keep the cache in f32',
      )
  }

  free(): void {
    for (const { k, v } of this.layers) this.gpu.free(k, v)
    this.gpu.free(this.#beyond ?? undefined)
  }
}

/** Records that `k` and `v` [tokens, kvHeads·headDim] go into a cache of floats, from row `row` on. */
export function keepFloats(rec: Recorder, cache: KvCacheLayer, fresh: { k: Tensor; v: Tensor }, row: number): void {
  const [, width = 0] = fresh.k.shape
  for (const which of ['k', 'v'] as const) {
    const { offset, ...rest } = cache[which]
    rec.copy(fresh[which], { ...rest, offset: offset + 4 * row * width, shape: fresh[which].shape })
  }
}

/** Records that f32 `k` and `v` [tokens, kvHeads·headDim] go into a cache of halves, from row `row` on. */
export function keepHalves(rec: Recorder, cache: KvCacheLayer, fresh: { k: Tensor; v: Tensor }, row: number): void {
  const [tokens = 0, width = 0] = fresh.k.shape
  const shape = { word: (row * width) / 2, words: (tokens * width) / 2 }
  for (const which of ['k', 'v'] as const)
    rec.run(storeHalves, { x: fresh[which], y: cache[which], beyond: cache.beyond! }, shape)
}
