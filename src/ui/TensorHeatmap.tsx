import { type KeyboardEvent, type PointerEvent, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { MatrixWindow, TensorPicture } from '../file-records'
import { visible } from '../visible'
import './maps.css'
import { type Cell, cellText, coloursOf, drawTensor, layoutTensor, tensorCellAt } from './maps/tensor-map'
import { windowBetween, zoomed } from './maps/tensor-window'
import { PictureButtons } from './PictureButtons'
import { savePicture } from './save'
import { useStudio } from './studio-context'
import { type Draw, useCanvas } from './use-canvas'
import { LANE_WORDS, tensorWords } from './words/view'

interface TensorHeatmapProps {
  readonly name: string
  readonly picture: TensorPicture
  readonly onWindow: (window: MatrixWindow | null) => void
  /** How wide it has become. */
  readonly onWidth: (width: number) => void
}

/** Cells that Shift and an arrow key move by. */
const FAR = 16

const MOVES: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
}

/** The cells of a tensor: pointer or arrow keys read them out, a drag or + and − zoom. */
export function TensorHeatmap({ name, picture, onWindow, onWidth }: TensorHeatmapProps) {
  const studio = useStudio()
  const colours = useMemo(() => coloursOf(picture), [picture])
  const [cursor, setCursor] = useState<Cell | null>(null)
  const [from, setFrom] = useState<Cell | null>(null)
  const drag = useRef<Cell | null>(null)
  const [height, setHeight] = useState(0)
  const inside = (cell: Cell | null) => (cell && cell.x < picture.across && cell.y < picture.down ? cell : null)
  const at = inside(cursor)
  const draw = useCallback<Draw>(
    (ctx, wide, theme) => drawTensor(ctx, picture, colours, wide, { at, from }, theme),
    [picture, colours, at, from],
  )
  const { canvas, width } = useCanvas(height, draw)
  const layout = layoutTensor(picture, width)
  useEffect(() => setHeight(layout.whole), [layout.whole])
  useEffect(() => {
    if (width > 0) onWidth(width)
  }, [width, onWidth])

  const under = ({ nativeEvent: { offsetX, offsetY } }: PointerEvent) => tensorCellAt(layout, picture, offsetX, offsetY)
  const release = (event: PointerEvent) => {
    const [start, end] = [drag.current, under(event) ?? at]
    drag.current = null
    setFrom(null)
    if (start && end && (start.x !== end.x || start.y !== end.y)) onWindow(windowBetween(picture, start, end))
  }
  const isWhole = picture.window.rows === picture.rows && picture.window.columns === picture.columns
  const zoom = (factor: number) => onWindow(zoomed(picture, factor, at))
  const walk = (event: KeyboardEvent) => {
    const { key, shiftKey } = event
    const move = MOVES[key]
    if (move) {
      const reach = shiftKey ? FAR : 1
      const clamp = (value: number, count: number) => Math.min(count - 1, Math.max(0, value))
      setCursor(
        at
          ? { x: clamp(at.x + reach * move[0], picture.across), y: clamp(at.y + reach * move[1], picture.down) }
          : { x: 0, y: 0 },
      )
    } else if (key === '+' || key === '=') zoom(0.5)
    else if (key === '-') zoom(2)
    else if (key === '0') onWindow(null)
    else if (key === 'Escape') setCursor(null)
    else return
    event.preventDefault()
  }
  const title = LANE_WORDS[picture.lane].title
  const caption = `${title}: ${visible(name)}`
  return (
    <figure className="map">
      <figcaption className="map-head">
        <h4 className="tensor-title">
          {title} <span className="quiet">{tensorWords.cell(LANE_WORDS[picture.lane].cell)}</span>
        </h4>
        <button type="button" className="plain" onClick={() => zoom(0.5)}>
          {tensorWords.zoomIn}
        </button>
        <button type="button" className="plain" disabled={isWhole} onClick={() => zoom(2)}>
          {tensorWords.zoomOut}
        </button>
        <button type="button" className="plain" disabled={isWhole} onClick={() => onWindow(null)}>
          {tensorWords.whole}
        </button>
        <PictureButtons
          canvas={canvas}
          figure={() => ({ width, height, caption, draw })}
          onPicture={savePicture(`${studio.baseName()}-${plain(name)}-${picture.lane}`)}
        />
      </figcaption>
      <div
        className="map-canvas tensor-canvas"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: an application widget, walked with the arrow keys
        tabIndex={0}
        role="application"
        aria-label={tensorWords.label(visible(name), picture.rows, picture.columns)}
        onKeyDown={walk}
        onPointerDown={(event) => {
          drag.current = under(event)
          setFrom(drag.current)
        }}
        onPointerMove={(event) => setCursor(under(event) ?? (drag.current ? cursor : null))}
        onPointerUp={release}
        onPointerLeave={() => {
          drag.current = null
          setFrom(null)
          setCursor(null)
        }}
        onBlur={() => setCursor(null)}
      >
        <canvas ref={canvas} />
      </div>
      <p className="readout" aria-live="polite">
        {at ? cellText(picture, at) : tensorWords.hint}
      </p>
    </figure>
  )
}

/** A name from a file as a part of a file's name. */
const plain = (name: string) => name.replaceAll(/[^A-Za-z0-9_.-]+/g, '-').slice(0, 80)
