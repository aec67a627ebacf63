import { type ReactNode, useCallback, useState } from 'react'
import { FigureTable } from './FigureTable'
import {
  type BinPanel,
  drawPanels,
  layoutPanels,
  type PanelCursor,
  panelBinAt,
  panelText,
  walkPanels,
} from './maps/bin-panels'
import { panelRows } from './maps/distribution-panels'
import { Plot } from './Plot'
import { savePicture } from './save'
import { useStudio } from './studio-context'
import type { Draw } from './use-canvas'
import { DISTRIBUTIONS } from './words/distributions'

interface PanelsPlotProps {
  readonly title: string
  readonly about: string
  /** Of what. */
  readonly name: string
  readonly panels: readonly BinPanel[]
  readonly log: boolean
  /** Said while nothing is pointed at. */
  readonly summary: string
  /** Of files, behind the name. */
  readonly file: string
  readonly children?: ReactNode
}

/** Bars that Shift and an arrow key move by. */
const FAR = 10

/** Histograms below each other, read out by pointer and keys, with their numbers as a table. */
export function PanelsPlot({ title, about, name, panels, log, summary, file, children }: PanelsPlotProps) {
  const studio = useStudio()
  const [own, setCursor] = useState<PanelCursor | null>(null)
  const cursor = own && own.bin < (panels[own.panel]?.counts.length ?? 0) ? own : null
  const draw = useCallback<Draw>(
    (ctx, width, theme) => drawPanels(ctx, panels, layoutPanels(panels, width), cursor, log, theme),
    [panels, cursor, log],
  )
  return (
    <>
      <Plot
        title={
          <>
            {title} <span className="quiet">{about}</span>
          </>
        }
        label={DISTRIBUTIONS.panels(
          title,
          name,
          panels.map((panel) => panel.title),
        )}
        height={(width) => layoutPanels(panels, width).height}
        draw={draw}
        readout={cursor ? panelText(panels, cursor) : summary}
        caption={`${title}: ${name}`}
        onPicture={savePicture(`${studio.baseName()}-${name}-${file}`)}
        onPoint={(at) => setCursor(at && panelBinAt(panels, layoutPanels(panels, at.width), at.x, at.y))}
        onKey={(key, far) => {
          if (key === 'Escape') setCursor(null)
          const to = walkPanels(panels, cursor, key, far ? FAR : 1)
          if (to) setCursor(to)
          return to !== null || key === 'Escape'
        }}
      />
      {children}
      <FigureTable
        label={DISTRIBUTIONS.table(title, name)}
        head={DISTRIBUTIONS.head}
        rows={() => panelRows(panels)}
        file={`${name}-${file}`}
      />
    </>
  )
}
