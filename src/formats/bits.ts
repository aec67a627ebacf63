import { arraysOf } from './affine-check'
import type { EffectiveBits, QuantizedLinear } from './quantized'

/** Bits a weight of one linear, counted from the bytes that are stored: padding and side arrays are not left out. */
export function effectiveBits(linear: QuantizedLinear): EffectiveBits {
  const { codes, scale, zeros, min, range, perm, group } = arraysOf(linear)
  const perWeight = (...arrays: ({ byteLength: number } | undefined)[]) =>
    (8 * arrays.reduce((sum, array) => sum + (array?.byteLength ?? 0), 0)) / (linear.out * linear.in)
  return {
    code: perWeight(codes),
    scale: perWeight(scale, zeros, min, range),
    index: perWeight(perm, group),
    total: perWeight(codes, scale, zeros, min, range, perm, group),
  }
}

/** Bits a weight of several linears together. */
export function sumBits(list: Iterable<{ bits: EffectiveBits; weights: number }>): EffectiveBits {
  const sum = { code: 0, scale: 0, index: 0, total: 0 }
  let all = 0
  for (const { bits, weights } of list) {
    all += weights
    for (const lane of ['code', 'scale', 'index', 'total'] as const) sum[lane] += bits[lane] * weights
  }
  const mean = (value: number) => (all === 0 ? 0 : value / all)
  return { code: mean(sum.code), scale: mean(sum.scale), index: mean(sum.index), total: mean(sum.total) }
}
