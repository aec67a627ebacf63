import type { QuantizedLinear } from '../quantized'
import { type LevelRows, levelRows } from './levels'
import { flatBlocks, type PackBlock } from './pack'
import { superBlocks } from './pack-super'
import { type GgmlTypeName, ggmlTypes } from './types'

const packers: Readonly<Partial<Record<GgmlTypeName, PackBlock>>> = { ...flatBlocks, ...superBlocks }

/** A type that can hold what is quantized. */
export type ExactType = keyof typeof flatBlocks | keyof typeof superBlocks

const bitsOf = (name: GgmlTypeName) => (8 * ggmlTypes[name].bytes) / ggmlTypes[name].weights

/** Types that hold codes, the smallest first; of two equally large the simpler. */
const bySize = [...(Object.keys(flatBlocks) as ExactType[]), ...(Object.keys(superBlocks) as ExactType[])].sort(
  (a, b) => bitsOf(a) - bitsOf(b),
)

/** The smallest type whose decoded weights are those of the linear bit for bit; null where there is none. */
export function exactContainer(linear: QuantizedLinear): ExactType | null {
  for (const type of exactTypes(linear)) if (type) return type
  return null
}

/**
 * All of `among` that hold a linear, as they are asked for; the smallest first unless told. Null after every row that was tried:
 * a large linear takes seconds, and whoever asks may do something else in between.
 */
export function* exactTypes(
  linear: QuantizedLinear,
  among: readonly ExactType[] = bySize,
): Generator<ExactType | null, undefined> {
  const rows = levelRows(linear)
  if (!rows) return
  for (const type of among)
    if (linear.in % ggmlTypes[type].weights === 0 && (yield* holds(type, rows, linear))) yield type
}

function* holds(type: ExactType, rows: LevelRows, { out, in: columns }: QuantizedLinear): Generator<null, boolean> {
  const bytes = new Uint8Array(rowBytes(type, columns))
  for (let row = 0; row < out; row++) {
    if (!packRow(type, rows, row, columns, bytes)) return false
    yield null
  }
  return true
}

export const rowBytes = (type: GgmlTypeName, columns: number): number =>
  (columns / ggmlTypes[type].weights) * ggmlTypes[type].bytes

/** Writes row `row` to `bytes`, which are overwritten; false where the type cannot hold it. */
export function packRow(type: ExactType, rows: LevelRows, row: number, columns: number, bytes: Uint8Array): boolean {
  const { weights, bytes: size } = ggmlTypes[type]
  const pack = packers[type]!
  const levels = rows(row)
  bytes.fill(0)
  for (let first = 0, at = 0; first < columns; first += weights, at += size)
    if (!pack(levels, first, bytes, at)) return false
  return true
}
