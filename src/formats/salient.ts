import { decodeGaps } from './gaps'
import type { QuantizedLinear } from './quantized'
import { salientRanks } from './sign'

/**
 * Which weights are stored with more than a sign and a group, [out, in] of 0 and 1: single ones, or all of a column; null
 * where the kind of linear knows no such thing.
 */
export function salientMask(linear: QuantizedLinear): Uint8Array<ArrayBuffer> | null {
  if (linear.kind !== 'sign') return null
  const { out, in: columns, sparse } = linear
  const mask = new Uint8Array(out * columns)
  if (sparse) for (const position of decodeGaps(sparse, mask.length).positions) mask[position] = 1
  salientRanks(columns, linear.columns?.mask).forEach((rank, column) => {
    if (rank >= 0) for (let row = 0; row < out; row++) mask[row * columns + column] = 1
  })
  return mask
}

/** The part of every column that is salient, [in]; null where nothing can be. */
export function salientShares(linear: QuantizedLinear): Float32Array<ArrayBuffer> | null {
  const mask = salientMask(linear)
  if (!mask) return null
  const counts = new Float32Array(linear.in)
  mask.forEach((one, at) => {
    counts[at % linear.in]! += one
  })
  return counts.map((count) => count / linear.out)
}
