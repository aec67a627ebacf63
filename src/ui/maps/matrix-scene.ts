import type { Span } from '../../pipeline/matrix/bins'
import type { Quantity } from '../../pipeline/matrix/sources'
import type { MatrixChoices } from '../../state/matrix-choices'
import type { MatrixImage } from '../../workers/matrix-api'
import { WORDS } from '../words/matrix'
import type { MapTheme } from './colour'
import { drawCells, type ShownCells } from './matrix-cells'
import { drawMatrixMap, layoutMatrix, type MatrixView } from './matrix-map'
import { drawRowMark, drawStrip, lookOf, type RowAxis } from './matrix-strips'

/** Everything that a matrix map shows at a moment. */
export interface MatrixScene {
  readonly laid: MatrixView
  readonly view: { readonly columns: Span; readonly rows: Span }
  readonly axis: RowAxis
  readonly choices: MatrixChoices
  readonly images: ReadonlyMap<Quantity, MatrixImage>
  readonly cells: ShownCells | null
  readonly cursor: { readonly column: number; readonly row: number | null } | null
  /** Place of the chosen column. */
  readonly selected: number | null
  /** Corners of the range that is being picked. */
  readonly picking: readonly { readonly x: number; readonly y: number }[] | null
}

/** Rows with their groups; those of a head's size are called heads. */
export const rowAxisOf = (span: Span, places: Uint32Array, group: number, headDim: number): RowAxis => ({
  ...{ span, places, group },
  groupName: (index) => WORDS.group(group === headDim, index),
})

export function drawMatrix(ctx: CanvasRenderingContext2D, scene: MatrixScene, width: number, theme: MapTheme): void {
  const { laid, view, axis, choices, images, cells, cursor, selected, picking } = scene
  const { quantities, contrast, order } = choices
  const layout = layoutMatrix(laid, view.columns, width, quantities.length)
  ctx.textBaseline = 'middle'
  quantities.forEach((quantity, i) => {
    const top = layout.strips.tops[i]!
    const image = images.get(quantity) ?? null
    drawStrip(ctx, { quantity, image }, layout, axis, top, contrast, theme)
    if (cells && image) drawCells(ctx, cells, quantity, lookOf(image, contrast, theme), layout, view.rows, top, theme)
  })
  drawMatrixMap(ctx, laid, layout, { cursor: cursor?.column ?? null, selected }, order !== 'original', theme)
  if (cursor?.row != null) drawRowMark(ctx, layout, view.rows, cursor.row, theme.accent)
  const [from, to] = picking ?? []
  if (!from || !to) return
  const [x, right] = [from.x, to.x].map((at) => Math.min(layout.left + layout.plot, Math.max(layout.left, at)))
  ctx.fillStyle = theme.accent
  ctx.globalAlpha = 0.18
  ctx.fillRect(Math.min(x!, right!), 0, Math.abs(right! - x!), layout.height)
  ctx.globalAlpha = 1
}
