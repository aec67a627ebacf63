import { FormatError } from '../errors'
import type { Gpu } from '../gpu/device'
import type { Tensor } from '../gpu/tensor'
import { biasOf } from './required-tensors'
import type { ModelSpec } from './spec'
import { loadSharded, type RowShard, type WeightSource } from './weights'

/** What stands before the first block and behind the last. */
export interface Ends {
  readonly embedding: readonly RowShard[]
  readonly head: readonly RowShard[]
  readonly norm: Tensor | undefined
  readonly normBias: Tensor | undefined
  /** Embedding of positions, where they are embedded. */
  readonly positions: Tensor | undefined
}

export interface EndsOptions {
  /** The longest sequence that will be run, in tokens. */
  readonly positions: number
  /** Embedding and head are cut into shards of at most this; the device's binding limit unless given. */
  readonly shardBytes?: number
  /** What is loaded around the blocks: for large vocabularies it outweighs a block by far. */
  readonly ends?: 'both' | 'embedding' | 'none'
}

export const NO_ENDS: Ends = { embedding: [], head: [], norm: undefined, normBias: undefined, positions: undefined }

/** FormatError where the model has embedded fewer positions than are asked for. */
export async function loadEnds(gpu: Gpu, spec: ModelSpec, weights: WeightSource, options: EndsOptions): Promise<Ends> {
  const { maxBindingBytes, maxBufferBytes } = gpu.info
  const { shardBytes = Math.min(maxBindingBytes, maxBufferBytes), ends = 'both', positions: count } = options
  const { names, vocab, hidden } = spec
  const loadVocabulary = (name: string) => loadSharded(gpu, weights, name, [vocab, hidden], shardBytes)
  if (names.positions && count > spec.context)
    throw new FormatError(
      `${names.positions}: expected texts of at most ${spec.context} tokens, whose positions the model knows, got ${count} — use shorter windows`,
    )
  const embedding = ends === 'none' ? [] : await loadVocabulary(names.embedding)
  const positions =
    names.positions && ends !== 'none' ? await weights.tensor(names.positions, { start: 0, end: count }) : undefined
  const whole = ends === 'both'
  const head = whole ? (spec.tiedHead ? embedding : await loadVocabulary(names.head)) : []
  const norm = whole ? await weights.tensor(names.norm) : undefined
  const normBias = whole && spec.norm.kind === 'layer' ? await weights.tensor(biasOf(names.norm)) : undefined
  return { embedding, head, norm, normBias, positions }
}

export function freeEnds(gpu: Gpu, { embedding, head, norm, normBias, positions }: Ends): void {
  const shards = head === embedding ? embedding : [...embedding, ...head]
  gpu.free(norm, normBias, positions, ...shards.map(({ tensor }) => tensor))
}
