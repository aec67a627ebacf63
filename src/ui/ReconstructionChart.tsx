import { useCallback, useState } from 'react'
import type { ReconstructionRecord } from '../records'
import { drawReconstruction, layoutReconstruction, reconstructionText, stepAt } from './maps/reconstruction-chart'
import type { OnPicture } from './PictureButtons'
import { Plot, walkLine } from './Plot'
import type { Draw } from './use-canvas'
import { reconstructionWords as words } from './words/learning'

interface ReconstructionChartProps {
  readonly layer: number
  readonly reconstruction: ReconstructionRecord
  readonly steps: number
  readonly live?: boolean
  readonly onPicture: OnPicture
}

/** Steps that Shift and an arrow key move by. */
const FAR = 10

/** How a block was fitted to what it gave before it was quantized, or is being fitted. */
export function ReconstructionChart({
  layer,
  reconstruction,
  steps,
  live = false,
  onPicture,
}: ReconstructionChartProps) {
  const [chosen, setCursor] = useState<number | null>(null)
  const count = reconstruction.step.length
  const cursor = chosen === null || chosen >= count ? null : chosen
  const draw = useCallback<Draw>(
    (ctx, width, theme) =>
      drawReconstruction(ctx, reconstruction, steps, layoutReconstruction(reconstruction, width), cursor, theme),
    [reconstruction, steps, cursor],
  )
  return (
    <Plot
      title={
        <>
          {words.title(layer + 1, live)} <span className="quiet">{words.about}</span>
        </>
      }
      label={words.label(layer + 1, count)}
      height={(width) => layoutReconstruction(reconstruction, width).height}
      draw={draw}
      readout={reconstructionText(reconstruction, cursor ?? count - 1, steps)}
      live={live && cursor === null}
      caption={words.caption(layer + 1)}
      onPicture={onPicture}
      onPoint={(at) =>
        setCursor(at && stepAt(reconstruction, layoutReconstruction(reconstruction, at.width), steps, at.x, at.y))
      }
      onKey={(key, far) => {
        if (key === 'Escape') setCursor(null)
        const to = walkLine(cursor ?? count - 1, key, count, far ? FAR : 1)
        if (to !== null) setCursor(to)
        return to !== null || key === 'Escape'
      }}
    />
  )
}
