import { useCallback, useState } from 'react'
import type { BenchmarkRun } from '../state/benchmark'
import { drawGrowth, type GrowthCursor, growthAt, growthText, layoutGrowth, walkGrowth } from './maps/growth'
import { Plot } from './Plot'
import { savePicture } from './save'
import type { Draw } from './use-canvas'
import { growthWords as words } from './words/benchmark'

/** How the time of every work grows with the size. */
export function GrowthChart({ run: { rows, device, status } }: { run: BenchmarkRun }) {
  const [chosen, setCursor] = useState<GrowthCursor | null>(null)
  // places do not depend on the width, and a new benchmark has other lines
  const layout = layoutGrowth(rows, 0)
  const cursor = chosen && layout.lines[chosen.line]?.rows[chosen.point] ? chosen : null
  const draw = useCallback<Draw>(
    (ctx, width, theme) => drawGrowth(ctx, layoutGrowth(rows, width), cursor, theme),
    [rows, cursor],
  )
  return (
    <Plot
      title={
        <>
          {words.title} <span className="quiet plain-weight">{words.about}</span>
        </>
      }
      label={words.label(layout.lines.length)}
      height={(width) => layoutGrowth(rows, width).height}
      draw={draw}
      readout={growthText(layout, cursor)}
      live={status === 'running'}
      caption={words.caption(device)}
      onPicture={savePicture('benchmark')}
      onPoint={(at) => setCursor(at && growthAt(layoutGrowth(rows, at.width), at.x, at.y))}
      onKey={(key) => {
        if (key === 'Escape') setCursor(null)
        const to = walkGrowth(layout, cursor, key)
        if (to) setCursor(to)
        return to !== null || key === 'Escape'
      }}
    />
  )
}
