import { type PointerEvent, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import type { Span } from '../pipeline/matrix/bins'
import type { ModuleRecord } from '../records'
import { laneOf, type Order } from '../state/lanes'
import { otherOf } from '../state/matrix'
import type { MatrixChoices } from '../state/matrix-choices'
import { sidesOf } from '../state/measuring'
import { rowArrangement } from '../state/row-order'
import { BitsLegend } from './BitsLegend'
import { formatError, formatTenths } from './format'
import { fitting, MatrixChoosing } from './MatrixChoosing'
import { MatrixTable } from './MatrixTable'
import {
  columnAt,
  columnOfInterest,
  columnText,
  drawBitsKey,
  layoutMatrix,
  matrixHeight,
  matrixView,
  widthsOf,
} from './maps/matrix-map'
import { drawMatrix, type MatrixScene, rowAxisOf } from './maps/matrix-scene'
import { stripAt } from './maps/matrix-strips'
import { type OnPicture, PictureButtons } from './PictureButtons'
import { useStudioState } from './studio-context'
import { type Draw, useCanvas } from './use-canvas'
import { type Point, useGestures } from './use-gestures'
import { type Shown, useCells, useImages, useRowRecord, useStored, useUnder, useWeightsAt } from './use-matrix'
import { countOf, type MatrixCursor, placesIn, useMatrixView } from './use-matrix-view'
import { WORDS } from './words/matrix'

interface MatrixMapProps {
  readonly module: ModuleRecord
  readonly choices: MatrixChoices
  readonly onChoices: (choices: MatrixChoices) => void
  /** The chosen column. */
  readonly column: number | null
  readonly onColumn: (column: number) => void
  readonly onPicture: OnPicture
  /** Told once the map stands: nothing else that costs time begins before. */
  readonly onSettled: (module: ModuleRecord) => void
}

interface Cursor extends MatrixCursor {
  /** Which of the strips. */
  readonly strip: number
}

/** Room for the colour key under an exported picture. */
const KEY_HEIGHT = 20
/** Weights of which everything is asked for, where no more are in view: their numbers, groups and frames. */
const CELLS_IN_VIEW = 8192

/** One matrix: what is known of its columns as lanes, its weights as pictures below, from all of them down to single ones. */
export function MatrixMap({
  module,
  choices: made,
  onChoices,
  column,
  onColumn,
  onPicture,
  onSettled,
}: MatrixMapProps) {
  const { name, columns, in: total, out: rows } = module
  const { free, run } = useWeightsAt()
  const headDim = useStudioState((state) => Number(state.model?.inspection.spec.headDim ?? 0))
  const compared = useStudioState(otherOf)
  const original = useStudioState((state) => sidesOf(state).original)
  const choices = useMemo(
    () => fitting(made, module, headDim, { original, compared: compared !== null }),
    [made, module, headDim, original, compared],
  )
  const key = `${run} ${compared ?? ''}`
  const { order, rowOrder, group, quantities, reduction, table } = choices

  const stored = useStored(name, order === 'stored', key)
  const laid = useMemo(() => matrixView(columns, order, stored), [columns, order, stored])
  const record = useRowRecord(name, rowOrder !== 'original', key)
  const rowPlaces = useMemo(() => rowArrangement(rows, rowOrder, record, group), [rows, rowOrder, record, group])
  const height = matrixHeight(laid, quantities.length)
  const selected = column === null ? null : laid.places.indexOf(column)

  const [size, setSize] = useState({ width: 0, height: 0 })
  const move = useMatrixView({ columns: total, rows }, size)
  const { view } = move
  const shown = useMemo<Shown>(
    () => ({
      module: name,
      rows: { places: rowPlaces, span: view.rows },
      columns: { places: laid.places, span: view.columns },
    }),
    [name, rowPlaces, laid, view],
  )
  const inView = { rows: placesIn(view.rows, rows), columns: placesIn(view.columns, total) }
  const near = countOf(inView.rows) * countOf(inView.columns) <= CELLS_IN_VIEW && quantities.length > 0
  const { images, waiting, settled } = useImages(shown, quantities, reduction, size, key)
  const cells = useCells(shown, near ? inView.rows : null, near ? inView.columns : null, key)
  // where keys or a tap went is shown again when the pointer has left
  const [kept, setKept] = useState<Cursor | null>(null)
  const [hovered, setHovered] = useState<Cursor | null>(null)
  const cursor = hovered ?? kept
  const [picking, setPicking] = useState<readonly [Point, Point] | null>(null)
  const under = useUnder(shown, cursor, images, quantities, key)

  const scene = useMemo<MatrixScene>(
    () => ({
      ...{ laid, view, choices, images, cells, picking, selected },
      axis: rowAxisOf(view.rows, rowPlaces, group, headDim),
      cursor: cursor && { column: cursor.column, row: cursor.row },
    }),
    [laid, view, choices, images, cells, picking, selected, rowPlaces, group, headDim, cursor],
  )
  const draw = useCallback<Draw>((ctx, width, theme) => drawMatrix(ctx, scene, width, theme), [scene])
  const { canvas, width } = useCanvas(height, draw)
  const layout = layoutMatrix(laid, view.columns, width, quantities.length)
  const strip = quantities.length > 0 ? layout.strips.height : 0
  useLayoutEffect(() => {
    if (width > 0) setSize({ width: layout.plot, height: strip })
  }, [width, layout.plot, strip])
  useEffect(() => {
    if (!settled) return
    // behind the drawing, which waits for the same frame
    const frame = requestAnimationFrame(() => onSettled(module))
    return () => cancelAnimationFrame(frame)
  }, [settled, module, onSettled])
  const { reveal: show } = move
  useEffect(() => {
    if (selected !== null) show({ column: selected, row: null })
  }, [selected, show])

  const host = useRef<HTMLDivElement>(null)
  const placeAt = (at: Point): Cursor | null => {
    const strip = stripAt(layout, view.rows, at.y)
    const place = strip ? columnAt(layout, at.x) : columnOfInterest(laid, layout, at.x)
    return place === null ? null : { column: place, row: strip?.place ?? null, strip: strip?.strip ?? 0 }
  }
  const gestures = useGestures(host, {
    zoom: (factor, at) => {
      const place = columnAt(layout, at.x)
      const strip = stripAt(layout, view.rows, at.y)
      // over the lanes only columns, in the margin only rows
      return move.zoom(factor, { column: place, row: strip?.place ?? (place === null ? null : undefined) })
    },
    pan: (dx, dy) => move.pan(dx / layout.plot, strip > 0 ? dy / strip : 0),
    picks: (at, shift) => (stripAt(layout, view.rows, at.y) === null) !== shift,
    picking: setPicking,
    picked: (from, to) => {
      const [a, b] = [placeAt(from), placeAt(to)]
      if (a && b) move.pick([a, b])
    },
    tap: (at) => {
      const place = placeAt(at)
      setKept(place)
      if (place) onColumn(laid.places[place.column]!)
    },
  })
  const point = (event: PointerEvent) => {
    if (gestures.onPointerMove(event)) return
    const box = event.currentTarget.getBoundingClientRect()
    setHovered(placeAt({ x: event.clientX - box.left, y: event.clientY - box.top }))
  }
  const walk = move.keys({
    ...{ cursor, lines: quantities.length > 0 },
    onCursor: (at) => {
      setHovered(null)
      setKept(at && { strip: cursor?.strip ?? 0, ...at })
    },
    onChoose: (place) => onColumn(laid.places[place]!),
  })
  const figure = () => {
    const withKey: Draw = (ctx, wide, theme) => {
      draw(ctx, wide, theme)
      drawBitsKey(ctx, columns.bits, height + KEY_HEIGHT / 2, theme)
    }
    return { width, height: height + KEY_HEIGHT, caption: WORDS.titleOf(name), draw: withKey }
  }
  const widths = useMemo(() => widthsOf(columns.bits), [columns])
  const place = cursor?.column ?? selected

  return (
    <figure className="map matrix">
      <figcaption className="map-head">
        <h3>
          {WORDS.title}: <code>{name}</code>{' '}
          <span className="quiet">{extent(inView, { columns: total, rows }, order)}</span>
        </h3>
        <BitsLegend widths={widths} label={WORDS.widths} />
        <button type="button" className="plain" onClick={() => move.zoom(0.5, cursor ?? {})}>
          {WORDS.zoomIn}
        </button>
        <button type="button" className="plain" disabled={move.whole} onClick={() => move.zoom(2, cursor ?? {})}>
          {WORDS.zoomOut}
        </button>
        <button type="button" className="plain" disabled={move.whole} onClick={move.all}>
          {WORDS.all}
        </button>
        <PictureButtons canvas={canvas} figure={figure} onPicture={onPicture} />
      </figcaption>
      <MatrixChoosing module={module} choices={choices} onChoices={onChoices} />
      <div
        ref={host}
        className="map-canvas"
        data-moves={move.whole ? undefined : true}
        aria-busy={waiting}
        data-sketch={[...images.values()].some(({ sketch }) => sketch) || undefined}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: an application widget, walked with the arrow keys
        tabIndex={0}
        role="application"
        aria-label={WORDS.label(name, total)}
        onKeyDown={walk}
        {...gestures}
        onPointerMove={point}
        onPointerLeave={() => setHovered(null)}
        onDoubleClick={({ nativeEvent }) => {
          const at = placeAt({ x: nativeEvent.offsetX, y: nativeEvent.offsetY })
          if (at) move.closest(at)
        }}
      >
        <canvas ref={canvas} />
      </div>
      <p className="readout" aria-live="polite">
        {place === null ? summary(module) : columnText(columns, laid.places[place]!)}
      </p>
      <p className="weight-readout" aria-live="polite">
        {free || images.size > 0 ? (under ?? WORDS.how) : WORDS.waits}
      </p>
      {order === 'stored' && stored?.every((column, place) => column === place) && (
        <p className="field-help">{WORDS.storedAsTheyWere}</p>
      )}
      {cells?.cells.salient && <p className="field-help">{WORDS.salient}</p>}
      {cells?.cells.rescaled && cells.cells.original && <p className="field-help">{WORDS.rescaled}</p>}
      {table && <MatrixTable module={module} places={laid.places} inView={inView} cells={cells} choices={choices} />}
    </figure>
  )
}

/** Which part of the matrix is in view. */
function extent(
  inView: { readonly columns: Span; readonly rows: Span },
  total: { readonly columns: number; readonly rows: number },
  order: Order,
): string {
  const { columns, rows } = inView
  const ranks = order !== 'original' && countOf(columns) < total.columns
  return [
    WORDS.inView[ranks ? 'ranks' : 'columns'](columns.start, columns.end - 1, total.columns),
    WORDS.inView.rows(rows.start, rows.end - 1, total.rows),
  ].join(', ')
}

function summary({ columns, in: total, deadColumns }: ModuleRecord): string {
  if (!laneOf(columns, 'error')) return WORDS.noErrors
  let worst = 0
  let sum = 0
  for (let column = 0; column < total; column++) {
    sum += columns.error[column]!
    if (columns.error[column]! > columns.error[worst]!) worst = column
  }
  const share = formatTenths(sum > 0 ? columns.error[worst]! / sum : 0)
  return [
    WORDS.worst(worst, formatError(columns.error[worst] ?? 0), share),
    ...(deadColumns > 0 ? [WORDS.dead(deadColumns)] : []),
    ...(columns.factor && columns.norm ? [WORDS.saliency] : []),
  ].join(' ')
}
