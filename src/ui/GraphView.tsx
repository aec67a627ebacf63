import { useCallback, useMemo, useState } from 'react'
import type { GraphRecord, ModuleRecord } from '../records'
import { ARCS_HEIGHT, arcGraph, drawArcs, layoutArcs, nodeText, placeAt } from './maps/graph'
import type { OnPicture } from './PictureButtons'
import { Plot, walkLine } from './Plot'
import type { Draw } from './use-canvas'
import { graphWords as words } from './words/look'

interface GraphViewProps {
  readonly module: ModuleRecord
  readonly graph: GraphRecord
  /** The chosen column, on whichever view it was chosen. */
  readonly column: number | null
  readonly onColumn: (column: number) => void
  readonly onPicture: OnPicture
}

const FAR = 8

/** The columns that weigh most and how they take each other's errors. */
export function GraphView({ module, graph, column, onColumn, onPicture }: GraphViewProps) {
  const { name, columns } = module
  const arcs = useMemo(() => arcGraph(graph), [graph])
  const [cursor, setCursor] = useState<number | null>(null)
  const place = column === null ? -1 : arcs.columns.indexOf(column)
  const selected = place < 0 ? null : place
  const draw = useCallback<Draw>(
    (ctx, width, theme) => drawArcs(ctx, arcs, columns, layoutArcs(arcs, width), { cursor, selected }, theme),
    [arcs, columns, cursor, selected],
  )
  const shown = cursor ?? selected
  const choose = (at: number | null) => at !== null && onColumn(arcs.columns[at]!)
  return (
    <Plot
      title={
        <>
          {words.title}: <code>{name}</code>{' '}
          <span className="quiet">
            {words.edges(arcs.edges.length)} U<sub>ij</sub> ÷ U<sub>ii</sub> {words.among(arcs.columns.length)}
          </span>
        </>
      }
      label={words.label(name, arcs.columns.length, arcs.edges.length)}
      height={() => ARCS_HEIGHT}
      draw={draw}
      readout={shown === null ? words.how : nodeText(arcs, columns, shown)}
      caption={words.titleOf(name)}
      onPicture={onPicture}
      onPoint={(at) => setCursor(at && placeAt(arcs, layoutArcs(arcs, at.width), at.x))}
      onPick={(at) => choose(placeAt(arcs, layoutArcs(arcs, at.width), at.x))}
      onKey={(key, far) => {
        if (key === 'Enter' || key === ' ') choose(shown ?? 0)
        else if (key === 'Escape') setCursor(null)
        else {
          const to = walkLine(shown ?? -1, key, arcs.columns.length, far ? FAR : 1)
          if (to === null) return false
          setCursor(to)
        }
        return true
      }}
    />
  )
}
