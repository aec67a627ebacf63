import { useCallback, useMemo, useState } from 'react'
import type { ColumnRecord } from '../records'
import { FigureTable, inFull } from './FigureTable'
import { formatError } from './format'
import {
  drawSaliency,
  layoutSaliency,
  type SaliencyBoxes,
  saliencyBoxAt,
  saliencyBoxes,
  saliencyText,
} from './maps/saliency-boxes'
import { Plot, walkLine } from './Plot'
import { savePicture } from './save'
import { useStudio } from './studio-context'
import type { Draw } from './use-canvas'
import { SALIENCY } from './words/distributions'

const FORMATS = [inFull, inFull, formatError]

/** Whether the columns that matter got the bits. */
export function SaliencyPlot({ name, columns }: { name: string; columns: ColumnRecord }) {
  const found = useMemo(() => saliencyBoxes(columns), [columns])
  if (!found) return <p className="quiet">{SALIENCY.missing}</p>
  return <Boxes name={name} found={found} />
}

function Boxes({ name, found }: { name: string; found: SaliencyBoxes }) {
  const studio = useStudio()
  const [own, setCursor] = useState<number | null>(null)
  const { boxes } = found
  const cursor = own !== null && own < boxes.length ? own : null
  const draw = useCallback<Draw>(
    (ctx, width, theme) => drawSaliency(ctx, found, layoutSaliency(width), cursor, theme),
    [found, cursor],
  )
  return (
    <div className="stack">
      <Plot
        title={
          <>
            {SALIENCY.title} <span className="quiet">{SALIENCY.about}</span>
          </>
        }
        label={SALIENCY.label(name, saliencyText(found, null))}
        height={() => layoutSaliency(0).height}
        draw={draw}
        readout={saliencyText(found, cursor)}
        caption={`${SALIENCY.title}: ${name}, ${saliencyText(found, null)}`}
        onPicture={savePicture(`${studio.baseName()}-${name}-saliency-bits`)}
        onPoint={(at) => setCursor(at && saliencyBoxAt(found, layoutSaliency(at.width), at.x))}
        onKey={(key) => {
          if (key === 'Escape') setCursor(null)
          const to = walkLine(cursor ?? -1, key, boxes.length, 1)
          if (to !== null) setCursor(to)
          return to !== null || key === 'Escape'
        }}
      />
      <FigureTable
        label={`${SALIENCY.title}, ${name}`}
        head={SALIENCY.head}
        rows={() => boxes.map(({ bits, columns: n, quantiles }) => [bits, n, ...quantiles])}
        formats={FORMATS}
        file={`${name}-saliency-bits`}
      />
    </div>
  )
}
