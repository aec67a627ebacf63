import { type KeyboardEvent, type PointerEvent, useCallback, useMemo, useRef, useState } from 'react'
import type { ModuleRecord } from '../records'
import { formatError } from './format'
import { bitPosition, viridis } from './maps/colour'
import {
  type ColumnWindow,
  columnAt,
  columnOfInterest,
  drawBitsKey,
  drawMatrixMap,
  layoutMatrix,
  MATRIX_HEIGHT,
  widthsOf,
} from './maps/matrix-map'
import { reveal, zoom } from './maps/window'
import { type Draw, drawingAsPng, useCanvas } from './use-canvas'

interface MatrixMapProps {
  readonly module: ModuleRecord
  readonly onColumn: (column: number) => void
  readonly onPng: (picture: Promise<Blob>) => void
}

/** Columns that Shift and an arrow key move by. */
const FAR = 32

/** Room for the colour key under an exported picture. */
const KEY_HEIGHT = 20

/** One matrix, column by column: bits, diag H and error as lanes. Drag to zoom, crosshair reads out. */
export function MatrixMap({ module, onColumn, onPng }: MatrixMapProps) {
  const total = module.in
  const { columns } = module
  const [window, setWindow] = useState<ColumnWindow>({ start: 0, end: total })
  const [cursor, setCursor] = useState<number | null>(null)
  const drag = useRef<number | null>(null)

  const draw = useCallback<Draw>(
    (ctx, width, theme) => drawMatrixMap(ctx, columns, layoutMatrix(window, width), cursor, theme),
    [columns, window, cursor],
  )
  const { canvas, width } = useCanvas(MATRIX_HEIGHT, draw)
  const layout = layoutMatrix(window, width)

  const release = (event: PointerEvent) => {
    const from = drag.current
    const to = columnAt(layout, event.nativeEvent.offsetX)
    drag.current = null
    if (from === null || to === null) return
    if (Math.abs(to - from) < (window.end - window.start) / 100) {
      onColumn(to)
      return
    }
    setWindow({ start: Math.min(from, to), end: Math.max(from, to) + 1 })
  }
  const scaleBy = (factor: number) => setWindow(zoom(window, factor, cursor ?? (window.start + window.end) / 2, total))
  const move = (to: number) => {
    const column = Math.min(total - 1, Math.max(0, to))
    setCursor(column)
    setWindow(reveal(window, column, total))
  }
  const walk = (event: KeyboardEvent) => {
    const at = cursor ?? window.start
    const reach = event.shiftKey ? FAR : 1
    const action = new Map<string, () => void>([
      ['ArrowLeft', () => move(at - reach)],
      ['ArrowRight', () => move(at + reach)],
      ['Home', () => move(0)],
      ['End', () => move(total - 1)],
      ['+', () => scaleBy(0.5)],
      ['=', () => scaleBy(0.5)],
      ['-', () => scaleBy(2)],
      ['0', () => setWindow({ start: 0, end: total })],
      ['Enter', () => onColumn(at)],
      ['Escape', () => setCursor(null)],
    ]).get(event.key)
    if (!action) return
    action()
    event.preventDefault()
  }
  const savePng = () => {
    if (!canvas.current) return
    const withKey: Draw = (ctx, wide, theme) => {
      draw(ctx, wide, theme)
      drawBitsKey(ctx, columns.bits, MATRIX_HEIGHT + KEY_HEIGHT / 2, theme)
    }
    onPng(drawingAsPng(canvas.current, width, MATRIX_HEIGHT + KEY_HEIGHT, `Matrix map: ${module.name}`, withKey))
  }
  const whole = window.end - window.start === total

  return (
    <figure className="map">
      <figcaption className="map-head">
        <h3>
          Matrix map: <code>{module.name}</code>{' '}
          <span className="quiet">
            {whole ? `all ${total} columns` : `columns ${window.start} to ${window.end - 1} of ${total}`}
          </span>
        </h3>
        <BitsLegend bits={columns.bits} />
        <button type="button" className="plain" onClick={() => scaleBy(0.5)}>
          Zoom in
        </button>
        <button type="button" className="plain" disabled={whole} onClick={() => scaleBy(2)}>
          Zoom out
        </button>
        <button type="button" className="plain" disabled={whole} onClick={() => setWindow({ start: 0, end: total })}>
          All
        </button>
        <button type="button" className="plain" onClick={savePng}>
          PNG
        </button>
      </figcaption>
      <div
        className="map-canvas"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: an application widget, walked with the arrow keys
        tabIndex={0}
        role="application"
        aria-label={`Matrix map of ${module.name}, ${total} columns. Arrow keys move, plus and minus zoom, Enter looks closer.`}
        onKeyDown={walk}
        onPointerDown={(event) => {
          drag.current = columnAt(layout, event.nativeEvent.offsetX)
        }}
        onPointerUp={release}
        onPointerMove={(event) => setCursor(columnOfInterest(columns, layout, event.nativeEvent.offsetX))}
        onPointerLeave={() => {
          drag.current = null
          setCursor(null)
        }}
        onDoubleClick={() => setWindow({ start: 0, end: total })}
      >
        <canvas ref={canvas} />
      </div>
      <p className="readout" aria-live="polite">
        {cursor === null ? summary(module) : columnText(module, cursor)}
      </p>
    </figure>
  )
}

function BitsLegend({ bits }: { bits: Float32Array }) {
  const widths = useMemo(() => widthsOf(bits), [bits])
  return (
    <ul className="swatches" aria-label="Bits of the columns">
      {widths.map((width) => (
        <li key={width}>
          <i style={{ background: viridis.css(bitPosition(width)) }} aria-hidden="true" />
          {width} bit
        </li>
      ))}
    </ul>
  )
}

function columnText({ columns }: ModuleRecord, column: number): string {
  const hessian = columns.hessian?.[column]
  const parts = [`${columns.bits[column]} bits`, `error ${formatError(columns.error[column] ?? 0)}`]
  if (hessian !== undefined) parts.push(`diag H ${formatError(hessian)}`)
  return `Column ${column}: ${parts.join(', ')}`
}

function summary({ columns, in: total, deadColumns }: ModuleRecord): string {
  let worst = 0
  let sum = 0
  for (let column = 0; column < total; column++) {
    sum += columns.error[column]!
    if (columns.error[column]! > columns.error[worst]!) worst = column
  }
  const share = sum > 0 ? ((columns.error[worst]! / sum) * 100).toFixed(1) : '0'
  const dead = deadColumns > 0 ? ` ${deadColumns} columns never saw an input.` : ''
  return `Largest error in column ${worst}: ${formatError(columns.error[worst] ?? 0)}, ${share}% of the matrix.${dead} Drag to zoom, click to look closer; bins narrower than a pixel show their largest value.`
}
