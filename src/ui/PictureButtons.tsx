import type { RefObject } from 'react'
import type { Figure } from './maps/figure'
import { pictureOf } from './use-canvas'
import { plotWords } from './words/plot'

/** What is done with a picture; its type says what kind it is. */
export type OnPicture = (picture: Promise<Blob>) => void

/** Takes a drawing out of the page, as it is now. */
export function PictureButtons(props: {
  readonly canvas: RefObject<HTMLCanvasElement | null>
  readonly figure: () => Figure
  readonly onPicture: OnPicture
}) {
  const { canvas, figure, onPicture } = props
  return (['svg', 'png'] as const).map((kind) => (
    <button
      key={kind}
      type="button"
      className="plain"
      title={plotWords.asPicture(figure().caption)}
      onClick={() => canvas.current && onPicture(pictureOf(canvas.current, figure(), kind))}
    >
      {kind.toUpperCase()}
    </button>
  ))
}
