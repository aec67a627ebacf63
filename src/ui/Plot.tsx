import { type KeyboardEvent, type ReactNode, useEffect, useState } from 'react'
import './maps.css'
import { type OnPicture, PictureButtons } from './PictureButtons'
import { type Draw, useCanvas } from './use-canvas'

interface PlotProps {
  readonly title: ReactNode
  /** Buttons and keys beside the title. */
  readonly tools?: ReactNode
  /** What it is and which keys work. */
  readonly label: string
  readonly height: (width: number) => number
  readonly draw: Draw
  /** What the cursor points at, or the whole in numbers: the drawing's text. */
  readonly readout: string
  /** The readout changes by itself, too often to be read aloud. */
  readonly live?: boolean
  /** Title of the picture. */
  readonly caption: string
  readonly onPicture: OnPicture
  /** Where the pointer is; null when it left. */
  readonly onPoint: (at: Point | null) => void
  readonly onPick?: (at: Point) => void
  /** Whether the key meant something. */
  readonly onKey: (key: string, far: boolean) => boolean
}

export interface Point {
  readonly x: number
  readonly y: number
  /** Of the drawing. */
  readonly width: number
}

/** A drawing that pointer and keys read out: frame, title, picture and the text below. */
export function Plot(props: PlotProps) {
  const { title, tools, label, draw, readout, live, caption, onPicture, onPoint, onPick, onKey } = props
  const [height, setHeight] = useState(0)
  const { canvas, width } = useCanvas(height, draw)
  const wanted = props.height(width)
  useEffect(() => setHeight(wanted), [wanted])
  const pointOf = ({ offsetX, offsetY }: MouseEvent): Point => ({ x: offsetX, y: offsetY, width })
  const walk = (event: KeyboardEvent) => {
    if (onKey(event.key, event.shiftKey)) event.preventDefault()
  }
  return (
    <figure className="map">
      <figcaption className="map-head">
        <h3>{title}</h3>
        {tools}
        <PictureButtons canvas={canvas} figure={() => ({ width, height, caption, draw })} onPicture={onPicture} />
      </figcaption>
      <div
        className="map-canvas"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: an application widget, walked with the arrow keys
        tabIndex={0}
        role="application"
        aria-label={label}
        onKeyDown={walk}
        onPointerMove={(event) => onPoint(pointOf(event.nativeEvent))}
        onPointerLeave={() => onPoint(null)}
        onClick={(event) => onPick?.(pointOf(event.nativeEvent))}
        onBlur={() => onPoint(null)}
      >
        <canvas ref={canvas} />
      </div>
      <p className="readout" aria-live={live ? 'off' : 'polite'}>
        {readout}
      </p>
    </figure>
  )
}

/** Where a key leads on a line of `count` places; null for keys that do not move. */
export function walkLine(at: number, key: string, count: number, far: number): number | null {
  const moves: Readonly<Record<string, number>> = {
    ArrowLeft: at - far,
    ArrowRight: at + far,
    Home: 0,
    End: count - 1,
  }
  const to = moves[key]
  return to === undefined ? null : Math.min(count - 1, Math.max(0, to))
}
