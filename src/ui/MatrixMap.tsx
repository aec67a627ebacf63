import { type KeyboardEvent, type PointerEvent, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { ModuleRecord } from '../records'
import { laneOf, lanesOf, type Order } from '../state/lanes'
import { BitsLegend } from './BitsLegend'
import { formatError } from './format'
import {
  type ColumnWindow,
  columnAt,
  columnOfInterest,
  columnText,
  drawBitsKey,
  drawMatrixMap,
  LANE_TITLES,
  layoutMatrix,
  matrixHeight,
  matrixView,
  widthsOf,
} from './maps/matrix-map'
import { reveal, zoom } from './maps/window'
import { type OnPicture, PictureButtons } from './PictureButtons'
import { type Draw, useCanvas } from './use-canvas'

interface MatrixMapProps {
  readonly module: ModuleRecord
  /** The chosen column. */
  readonly column: number | null
  readonly onColumn: (column: number) => void
  readonly onPicture: OnPicture
}

/** Columns that Shift and an arrow key move by. */
const FAR = 32

/** Room for the colour key under an exported picture. */
const KEY_HEIGHT = 20

/** One matrix, column by column: bits and everything known of a column as lanes. Drag to zoom, crosshair reads out. */
export function MatrixMap({ module, column, onColumn, onPicture }: MatrixMapProps) {
  const total = module.in
  const { columns } = module
  const [order, setOrder] = useState<Order>('original')
  const view = useMemo(() => matrixView(columns, order), [columns, order])
  const height = matrixHeight(view)
  const [window, setWindow] = useState<ColumnWindow>({ start: 0, end: total })
  const [cursor, setCursor] = useState<number | null>(null)
  const selected = column === null ? null : view.places.indexOf(column)
  const drag = useRef<number | null>(null)

  const draw = useCallback<Draw>(
    (ctx, width, theme) => {
      const layout = layoutMatrix(view, window, width)
      drawMatrixMap(ctx, view, layout, { cursor, selected }, order !== 'original', theme)
    },
    [view, window, cursor, selected, order],
  )
  const { canvas, width } = useCanvas(height, draw)
  const layout = layoutMatrix(view, window, width)
  useEffect(() => {
    if (selected !== null) setWindow((shown) => reveal(shown, selected, total))
  }, [selected, total])

  const release = (event: PointerEvent) => {
    const from = drag.current
    const to = columnAt(layout, event.nativeEvent.offsetX)
    drag.current = null
    if (from === null || to === null) return
    if (Math.abs(to - from) < (window.end - window.start) / 100) {
      onColumn(view.places[columnOfInterest(view, layout, event.nativeEvent.offsetX) ?? to]!)
      return
    }
    setWindow({ start: Math.min(from, to), end: Math.max(from, to) + 1 })
  }
  const scaleBy = (factor: number) => setWindow(zoom(window, factor, cursor ?? (window.start + window.end) / 2, total))
  const move = (to: number) => {
    const place = Math.min(total - 1, Math.max(0, to))
    setCursor(place)
    setWindow(reveal(window, place, total))
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
      ['Enter', () => onColumn(view.places[at]!)],
      ['Escape', () => setCursor(null)],
    ]).get(event.key)
    if (!action) return
    action()
    event.preventDefault()
  }
  const figure = () => {
    const withKey: Draw = (ctx, wide, theme) => {
      draw(ctx, wide, theme)
      drawBitsKey(ctx, columns.bits, height + KEY_HEIGHT / 2, theme)
    }
    return { width, height: height + KEY_HEIGHT, caption: `Matrix map: ${module.name}`, draw: withKey }
  }
  const widths = useMemo(() => widthsOf(columns.bits), [columns])
  const orders = useMemo(() => ordersOf(module), [module])
  const shown = cursor ?? selected
  const whole = window.end - window.start === total

  return (
    <figure className="map">
      <figcaption className="map-head">
        <h3>
          Matrix map: <code>{module.name}</code>{' '}
          <span className="quiet">
            {whole
              ? `all ${total} columns`
              : `${order === 'original' ? 'columns' : 'ranks'} ${window.start} to ${window.end - 1} of ${total}`}
          </span>
        </h3>
        <BitsLegend widths={widths} label="Bits of the columns" />
        <OrderField orders={orders} value={order} onChange={setOrder} />
        <button type="button" className="plain" onClick={() => scaleBy(0.5)}>
          Zoom in
        </button>
        <button type="button" className="plain" disabled={whole} onClick={() => scaleBy(2)}>
          Zoom out
        </button>
        <button type="button" className="plain" disabled={whole} onClick={() => setWindow({ start: 0, end: total })}>
          All
        </button>
        <PictureButtons canvas={canvas} figure={figure} onPicture={onPicture} />
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
        onPointerMove={(event) => setCursor(columnOfInterest(view, layout, event.nativeEvent.offsetX))}
        onPointerLeave={() => {
          drag.current = null
          setCursor(null)
        }}
        onDoubleClick={() => setWindow({ start: 0, end: total })}
      >
        <canvas ref={canvas} />
      </div>
      <p className="readout" aria-live="polite">
        {shown === null ? summary(module) : columnText(columns, view.places[shown]!)}
      </p>
    </figure>
  )
}

function OrderField(props: { orders: readonly Order[]; value: Order; onChange: (order: Order) => void }) {
  const { orders, value, onChange } = props
  return (
    <label className="order">
      <span className="quiet">Order</span>
      <select value={value} onChange={(event) => onChange(event.target.value as Order)}>
        {orders.map((order) => (
          <option key={order} value={order}>
            {ORDER_TITLES[order]}
          </option>
        ))}
      </select>
    </label>
  )
}

const ORDER_TITLES: Readonly<Record<Order, string>> = {
  ...LANE_TITLES,
  original: 'original',
  width: 'by width',
}

/** Ways to lay out the columns of a module: by width only where widths differ. */
const ordersOf = ({ columns }: ModuleRecord): Order[] => [
  'original',
  ...(widthsOf(columns.bits).length > 1 ? (['width'] as const) : []),
  ...lanesOf(columns),
]

const HOW = 'Drag to zoom, click to look closer; bins narrower than a pixel show their largest value.'

function summary({ columns, in: total, deadColumns }: ModuleRecord): string {
  if (!laneOf(columns, 'error')) return `Its errors are not known. ${HOW}`
  let worst = 0
  let sum = 0
  for (let column = 0; column < total; column++) {
    sum += columns.error[column]!
    if (columns.error[column]! > columns.error[worst]!) worst = column
  }
  const share = sum > 0 ? ((columns.error[worst]! / sum) * 100).toFixed(1) : '0'
  const dead = deadColumns > 0 ? ` ${deadColumns} columns never saw an input.` : ''
  const saliency = columns.factor && columns.norm ? ' Saliency is the norm over diag U, squared.' : ''
  return `Largest error in column ${worst}: ${formatError(columns.error[worst] ?? 0)}, ${share}% of the matrix.${dead}${saliency} ${HOW}`
}
