import type { Span } from '../../pipeline/matrix/bins'
import type { Quantity } from '../../pipeline/matrix/sources'
import type { MatrixCells } from '../../workers/matrix-api'
import { formatError, minus } from '../format'
import { CELL_WORDS as words } from '../words/matrix'
import type { MapTheme } from './colour'
import { type MatrixLayout, xOf } from './matrix-map'
import { type Look, placeOf } from './matrix-strips'

/** The number of a quantity that a cell has; null where it is not known. */
export function cellValue(cells: MatrixCells, quantity: Quantity, at: number): number | null {
  const weight = cells.weight[at]!
  const less = (other: Float32Array | null) => other && weight - other[at]!
  switch (quantity) {
    case 'weight':
      return weight
    case 'original':
      return cells.original?.[at] ?? null
    case 'error':
      return less(cells.original)
    case 'code':
      return (2 * cells.code[at]!) / (cells.levels[at]! - 1) - 1
    case 'bits':
      return cells.bits[at]!
    case 'sign':
      return Math.sign(weight)
    case 'other':
      return cells.other?.[at] ?? null
    case 'difference':
      return less(cells.other)
  }
}

/** The cell whose quantity is largest in size: what a bin of many weights is coloured by. */
export function tellingCell(cells: MatrixCells, quantity: Quantity): number {
  let [best, most] = [0, -1]
  for (let at = 0; at < cells.weight.length; at++) {
    const size = Math.abs(cellValue(cells, quantity, at) ?? 0)
    if (size > most) [best, most] = [at, size]
  }
  return best
}

/** One weight in words, with everything that is stored of it. */
export function cellText(cells: MatrixCells, at: number): string {
  const { columns, signs, original, other, code, levels, weight, bits, group, scale, zero, salient } = cells
  const facts = [words.weight(formatError(weight[at]!)), words.codeOf(code[at]!, levels[at]! - 1)]
  if (original)
    facts.push(words.original(formatError(original[at]!)), words.error(formatError(weight[at]! - original[at]!)))
  if (other) facts.push(words.other(formatError(other[at]!)), words.difference(formatError(weight[at]! - other[at]!)))
  facts.push(words.bits(bits[at]!))
  facts.push(
    signs
      ? words.amplitude(formatError(scale[at]!), formatError(zero[at]!))
      : words.group(group[at]!, formatError(scale[at]!), minus(String(Number(zero[at]!.toPrecision(4))))),
  )
  if (salient?.[at]) facts.push(words.salient)
  return words.told(cells.rows[Math.floor(at / columns.length)]!, columns[at % columns.length]!, facts)
}

/** Cells as they lie in the view: of the places from these on. */
export interface ShownCells {
  readonly cells: MatrixCells
  readonly firstRow: number
  readonly firstColumn: number
}

/** Cells at least this large have room for a number, for two lines, and for a frame. */
const ROOM = { width: 34, height: 13, second: 30, frame: 5 }

/** Numbers in the cells, lines between groups of columns, frames around salient weights. */
export function drawCells(
  ctx: CanvasRenderingContext2D,
  { cells, firstRow, firstColumn }: ShownCells,
  quantity: Quantity,
  look: Look,
  layout: MatrixLayout,
  rows: Span,
  top: number,
  theme: MapTheme,
): void {
  const { left, plot, strips } = layout
  const width = plot / (layout.columns.end - layout.columns.start)
  const height = strips.height / (rows.end - rows.start)
  const across = cells.columns.length
  const numbers = width >= ROOM.width && height >= ROOM.height
  ctx.font = `${width >= 46 ? 11 : 10}px ${theme.font}`
  ctx.textAlign = 'center'
  ctx.lineWidth = 1
  cells.rows.forEach((_, r) => {
    const y = top + ((firstRow + r - rows.start) / (rows.end - rows.start)) * strips.height
    cells.columns.forEach((_, c) => {
      const x = xOf(layout, firstColumn + c)
      if (x < left - 0.5 || x + width > left + plot + 0.5 || y < top - 0.5 || y + height > top + strips.height + 0.5)
        return
      const at = r * across + c
      if (c > 0 && width >= ROOM.frame && cells.group[at] !== cells.group[at - 1]) {
        ctx.fillStyle = theme.ink
        ctx.fillRect(Math.round(x), y, 1, height)
      }
      if (cells.salient?.[at] && width >= ROOM.frame && height >= ROOM.frame) {
        ctx.strokeStyle = theme.ink
        ctx.strokeRect(x + 0.5, y + 0.5, width - 1, height - 1)
      }
      const value = numbers ? cellValue(cells, quantity, at) : null
      if (value === null) return
      ctx.fillStyle = look.ramp.ink(placeOf(look, value))
      const second = quantity === 'weight' && height >= ROOM.second
      ctx.fillText(numberOf(cells, quantity, value, at), x + width / 2, y + height / 2 - (second ? 6 : 0))
      if (second) ctx.fillText(words.code(cells.code[at]!), x + width / 2, y + height / 2 + 7)
    })
  })
}

function numberOf(cells: MatrixCells, quantity: Quantity, value: number, at: number): string {
  if (quantity === 'code') return String(cells.code[at])
  if (quantity === 'bits') return String(value)
  if (quantity === 'sign') return value < 0 ? '−' : value > 0 ? '+' : '0'
  return shortNumber(value)
}

/** As few letters as a cell has room for: "−.013", "1.25", "4e-5". */
export function shortNumber(value: number): string {
  const size = Math.abs(value)
  const sign = value < 0 ? '−' : ''
  if (size === 0) return '0'
  if (size < 0.0005) return `${sign}${size.toExponential(0)}`
  if (size < 0.9995) return `${sign}${size.toFixed(3).slice(1)}`
  return `${sign}${size < 99.95 ? size.toPrecision(3) : size.toExponential(0).replace('e+', 'e')}`
}
