import { invariant } from '../../errors'
import { groupOfColumn, placeSegments, stepOf } from '../affine'
import { readBits } from '../bit-string'
import { decodeFloat16 } from '../floats'
import type { AffineLinear, QuantizedLinear, SignLinear } from '../quantized'
import { planeWords } from '../sign'

/**
 * A row of a quantized linear in its original column order: weight = low + step·code, rounded to float32 once, which is what
 * `dequantize` gives. Of every column; all three arrays are overwritten by the next row that is asked for.
 */
export interface RowLevels {
  readonly steps: Float32Array
  /** The weight of code 0. */
  readonly lows: Float32Array
  readonly codes: Uint8Array
}

export type LevelRows = (row: number) => RowLevels

/** The rows of a linear as levels, or null where its weights do not lie on lines: several amplitudes, weights apart. */
export function levelRows(linear: QuantizedLinear): LevelRows | null {
  if (linear.kind === 'affine') return affineRows(linear)
  const plain = linear.groups === 1 && !linear.centers && !linear.sparse && !linear.columns
  return plain ? signRows(linear) : null
}

const emptyRow = (columns: number) => ({
  steps: new Float32Array(columns),
  lows: new Float32Array(columns),
  codes: new Uint8Array(columns),
})

function affineRows(linear: AffineLinear): LevelRows {
  const { in: columns, groups, grid, perm, codes: words } = linear
  const row = emptyRow(columns)
  const scales = decodeFloat16(grid.type === 'range' ? grid.min : grid.scale)
  const ranges = grid.type === 'range' ? decodeFloat16(grid.range) : null
  const places = placeSegments(linear.segments, linear.out).map((segment) => ({
    ...segment,
    columns: Array.from({ length: segment.columns }, (_, i) => (perm ? perm[segment.first + i]! : segment.first + i)),
    groups: Array.from({ length: segment.columns }, (_, i) => groupOfColumn(linear, segment.first + i)),
  }))
  return (index) => {
    for (const { bits, columns: originals, groups: owners, chunks, base } of places) {
      const start = (base + index * chunks * bits) * 32
      for (let i = 0; i < originals.length; i++) {
        const column = originals[i]!
        const cell = index * groups + owners[i]!
        const scale = scales[cell]!
        row.codes[column] = readBits(words, start + i * bits, bits)
        if (ranges) {
          row.steps[column] = stepOf(ranges[cell]!, bits)
          row.lows[column] = scale
        } else if (grid.type === 'zero') {
          row.steps[column] = scale
          row.lows[column] = -scale * readBits(grid.zeros, cell * grid.zeroBits, grid.zeroBits)
        } else {
          row.steps[column] = bits === 1 ? 2 * scale : scale
          row.lows[column] = bits === 1 ? -scale : -scale * (1 << (bits - 1))
        }
      }
    }
    return row
  }
}

function signRows(linear: SignLinear): LevelRows {
  const { in: columns, blockColumns, perRow, signs } = linear
  invariant(linear.groups === 1, 'levels of several amplitudes')
  const row = emptyRow(columns)
  const amplitudes = decodeFloat16(linear.amplitudes)
  const cells = Math.ceil(columns / blockColumns)
  const words = planeWords(columns)
  return (index) => {
    for (let column = 0; column < columns; column++) {
      const amplitude = amplitudes[(perRow ? index * cells : 0) + Math.floor(column / blockColumns)]!
      row.steps[column] = 2 * amplitude
      row.lows[column] = -amplitude
      row.codes[column] = (signs[index * words + (column >>> 5)]! >>> (column & 31)) & 1
    }
    return row
  }
}
