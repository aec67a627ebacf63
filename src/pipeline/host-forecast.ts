import type { StatesPlace } from '../inspection-records'
import { countOf } from '../methods/memory'
import type { ModelSpec } from '../models/spec'
import { AHEAD_BYTES, PIECE_BYTES, UNDER_WAY_BYTES } from '../models/weights'
import type { Recipe } from '../records'
import { CROSSING_BYTES } from './states'

/** What the engine takes before it has read a weight: code, heap, driver; and more pipelines and a tokenizer at work with calibration. */
const BASE_BYTES = 210 * 2 ** 20
const CALIBRATED_BYTES = 150 * 2 ** 20
/**
 * How often what passes through is there: once where the GPU has memory of its own; where the host's is the GPU's, too, in part
 * as the queue copied it. Measured, see docs/scaling.md.
 */
const copiesOf = (software: boolean) => (software ? 1.5 : 1)
/** Halves, as nearly all checkpoints have them. */
const FILE_BYTES = 2
/** Scales, zeros and indices beside the codes of a weight, about. */
const BESIDE_CODES = 0.25

/** Weights of the linears of one block. */
const blockWeights = ({ linears }: ModelSpec): number =>
  linears.reduce((sum, { out, in: columns }) => sum + out * columns, 0)

/** Bytes of the packed linears of one block, about: the width that the options ask for, and what belongs to it. */
function packedBytes(spec: ModelSpec, options: Recipe['options']): number {
  const asked = [options.storedBits, options.bits, options.target].find((value) => typeof value === 'number') ?? 4
  return Math.ceil((blockWeights(spec) * (Number(asked) + BESIDE_CODES)) / 8)
}

export interface HostSetting {
  /** The adapter is a software one. */
  readonly software: boolean
  readonly states: StatesPlace
  /** Bytes of the hidden states of all batches once, and of the largest batch. */
  readonly stream: number
  readonly batch: number
  /** Streams that are there together: those before and behind the quantized blocks, one more while a method plans. */
  readonly streams: number
}

/**
 * Bytes of host memory at the peak of a run, beside what the GPU has: pieces of weights on their way to the GPU, the next
 * block's bytes read ahead, results of a block being packed or written, and states that are kept or
 * on their way.
 */
export function hostBytes(
  spec: ModelSpec,
  options: Recipe['options'],
  { software, states, stream, batch, streams }: HostSetting,
): number {
  const copies = copiesOf(software)
  const file = FILE_BYTES * blockWeights(spec)
  const ahead = spec.layers > 1 ? Math.min(AHEAD_BYTES, file) : 0
  const pieces = spec.linears.reduce(
    (sum, { out, in: columns }) => sum + Math.min(2 * PIECE_BYTES, FILE_BYTES * countOf([out, columns])),
    0,
  )
  // one batch at work and the queue's copy, one read ahead, one not collected yet
  const crossing = states === 'gpu' ? 0 : 4 * batch + copies * CROSSING_BYTES
  const kept = states === 'host' ? streams * stream : 0
  const packed = (software ? 2 : 1) * packedBytes(spec, options)
  const passing = Math.min(UNDER_WAY_BYTES, file) + ahead + pieces + packed
  return BASE_BYTES + (stream > 0 ? CALIBRATED_BYTES : 0) + copies * passing + crossing + kept
}

/** Bytes that a run writes: states kept on the disk, and the packed blocks. */
export const diskBytes = (
  spec: ModelSpec,
  options: Recipe['options'],
  { states, stream, streams }: HostSetting,
): number => (states === 'disk' ? streams * stream : 0) + spec.layers * packedBytes(spec, options)
