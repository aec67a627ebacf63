import { useCallback, useState } from 'react'
import type { TrainingRecord } from '../records'
import { drawTraining, layoutTraining, stepAt, trainingText } from './maps/training-chart'
import type { OnPicture } from './PictureButtons'
import { Plot, walkLine } from './Plot'
import type { Draw } from './use-canvas'
import { trainingWords as words } from './words/learning'

interface TrainingChartProps {
  readonly name: string
  readonly training: TrainingRecord
  readonly steps: number
  readonly target: number | null
  readonly live?: boolean
  readonly onPicture: OnPicture
}

/** Steps that Shift and an arrow key move by. */
const FAR = 10

/** How the widths of a layer were learned, or are being learned. */
export function TrainingChart({ name, training, steps, target, live = false, onPicture }: TrainingChartProps) {
  const [chosen, setCursor] = useState<number | null>(null)
  const count = training.step.length
  const cursor = chosen === null || chosen >= count ? null : chosen
  const draw = useCallback<Draw>(
    (ctx, width, theme) => drawTraining(ctx, training, { steps, target }, layoutTraining(width), cursor, theme),
    [training, steps, target, cursor],
  )
  return (
    <Plot
      title={
        <>
          {words.title(live)}: <code>{name}</code> <span className="quiet">{words.about}</span>
        </>
      }
      label={words.label(name, count)}
      height={(width) => layoutTraining(width).height}
      draw={draw}
      readout={trainingText(training, cursor ?? count - 1, steps)}
      live={live && cursor === null}
      caption={words.caption(name)}
      onPicture={onPicture}
      onPoint={(at) => setCursor(at && stepAt(training, layoutTraining(at.width), steps, at.x, at.y))}
      onKey={(key, far) => {
        if (key === 'Escape') setCursor(null)
        const to = walkLine(cursor ?? count - 1, key, count, far ? FAR : 1)
        if (to !== null) setCursor(to)
        return to !== null || key === 'Escape'
      }}
    />
  )
}
