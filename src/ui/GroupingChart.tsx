import { useCallback, useState } from 'react'
import type { GroupingRecord } from '../records'
import { binAt, drawGrouping, groupingText, layoutGrouping } from './maps/grouping'
import type { OnPicture } from './PictureButtons'
import { Plot, walkLine } from './Plot'
import type { Draw } from './use-canvas'
import { groupingWords as words } from './words/look'

interface GroupingChartProps {
  readonly name: string
  readonly grouping: GroupingRecord
  readonly onPicture: OnPicture
}

const FAR = 10

/** Into which groups the weights of a matrix were split by their magnitude, and by which graph. */
export function GroupingChart({ name, grouping, onPicture }: GroupingChartProps) {
  const [cursor, setCursor] = useState<number | null>(null)
  const draw = useCallback<Draw>(
    (ctx, width, theme) => drawGrouping(ctx, grouping, layoutGrouping(grouping, width), cursor, theme),
    [grouping, cursor],
  )
  const count = grouping.histogram.counts.length
  return (
    <Plot
      title={
        <>
          {words.title}: <code>{name}</code> <span className="quiet">{words.about}</span>
        </>
      }
      label={words.label(name, count)}
      height={(width) => layoutGrouping(grouping, width).height}
      draw={draw}
      readout={groupingText(grouping, cursor)}
      caption={words.titleOf(name)}
      onPicture={onPicture}
      onPoint={(at) => setCursor(at && binAt(grouping, layoutGrouping(grouping, at.width), at.x))}
      onKey={(key, far) => {
        if (key === 'Escape') setCursor(null)
        const to = walkLine(cursor ?? -1, key, count, far ? FAR : 1)
        if (to !== null) setCursor(to)
        return to !== null || key === 'Escape'
      }}
    />
  )
}
