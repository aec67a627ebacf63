import type { EffectiveBits, ModuleRecord, PublishedBits } from '../records'
import { dtypeBytes } from './dtypes'
import { arraysOf, type LinearHeader, type PartName, partNames, partsOf } from './linear-check'
import type { QuantizedLinear } from './quantized'

/** What each stored array counts as. */
const LANES: Readonly<Record<PartName, 'code' | 'scale' | 'index'>> = {
  codes: 'code',
  scale: 'scale',
  zeros: 'scale',
  min: 'scale',
  range: 'scale',
  perm: 'index',
  group: 'index',
  widths: 'index',
  signs: 'code',
  ids: 'index',
  amplitudes: 'scale',
  centers: 'scale',
  'sparse.gaps': 'index',
  'sparse.codes': 'code',
  'sparse.scales': 'scale',
  'sparse.zeros': 'scale',
  'columns.mask': 'index',
  'columns.signs': 'code',
  'columns.levels': 'scale',
}

/** Bits a weight of one linear, counted from the bytes that are stored: padding and side arrays are not left out. */
export function effectiveBits(linear: QuantizedLinear): EffectiveBits {
  const arrays = arraysOf(linear)
  return bitsOf(linear, (part) => arrays[part]?.byteLength ?? 0)
}

/** The same of a linear that is still in its file. */
export function declaredBits(header: LinearHeader): EffectiveBits {
  const parts = partsOf(header)
  return bitsOf(header, (name) => {
    const part = parts.get(name)
    return part ? part.shape.reduce((product, n) => product * n, dtypeBytes[part.dtype]) : 0
  })
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

/** What papers would name for several linears together; null unless all of them have such a count. */
export function sumPublished(modules: readonly Pick<ModuleRecord, 'out' | 'in' | 'published'>[]): PublishedBits | null {
  const sum = { weight: 0, scale: 0 }
  let all = 0
  for (const { out, in: columns, published } of modules) {
    if (!published) return null
    all += out * columns
    sum.weight += published.weight * out * columns
    sum.scale += published.scale * out * columns
  }
  const why = modules[0]?.published?.why
  return why === undefined ? null : { weight: sum.weight / all, scale: sum.scale / all, why }
}

function bitsOf({ out, in: columns }: { out: number; in: number }, bytesOf: (part: PartName) => number): EffectiveBits {
  const bytes = { code: 0, scale: 0, index: 0 }
  for (const part of partNames) bytes[LANES[part]] += bytesOf(part)
  const perWeight = (count: number) => (8 * count) / (out * columns)
  return {
    code: perWeight(bytes.code),
    scale: perWeight(bytes.scale),
    index: perWeight(bytes.index),
    total: perWeight(bytes.code + bytes.scale + bytes.index),
  }
}
