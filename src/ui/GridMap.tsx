import { type KeyboardEvent, type ReactNode, useCallback, useEffect, useMemo, useState } from 'react'
import type { Spread } from '../state/store'
import './maps.css'
import { drawLegend, LEGEND_HEIGHT, LEGEND_WIDTH } from './maps/legend'
import { cellOf, type Place, placeOf, step } from './maps/map-grid'
import { type MapTally, moduleOf, shownValue, shownValues } from './maps/map-tally'
import { drawModelMap, layoutGrid, placeAt } from './maps/model-map'
import { type OnPicture, PictureButtons } from './PictureButtons'
import { useStudio, useStudioState } from './studio-context'
import { type Draw, useCanvas } from './use-canvas'
import { MODEL_MAP } from './words/model-map'

interface GridMapProps<M extends { readonly name: string }> {
  readonly title: string
  readonly tally: MapTally<M>
  /** How much has been added to the tally, which grows in place. */
  readonly added: number
  readonly spread: Spread
  readonly selected: string | null
  readonly running: string | null
  readonly onSelect: (name: string) => void
  readonly onPicture: OnPicture
  /** Beside the title. */
  readonly tools?: ReactNode
}

const LEGEND_GAP = 12

/** A heatmap of modules: pointer or keys read it out, click or Enter chooses one, and all views point at the same. */
export function GridMap<M extends { readonly name: string }>(props: GridMapProps<M>) {
  const { title, tally, added, spread, selected, running, onSelect, onPicture, tools } = props
  const { grid, view } = tally
  const studio = useStudio()
  const hovered = useStudioState((state) => state.hovered)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the tally grows in place
  const scale = useMemo(() => view.scale(shownValues(tally, spread)), [tally, added, spread])
  const [own, setCursor] = useState<Place | null>(null)
  const cursor = own ?? placeOf(grid, hovered)
  // the map follows a run late: what is not there when it is chosen is selected once it is, unless another was meanwhile
  const [choice, setChoice] = useState<{ readonly place: Place; readonly before: string | null } | null>(null)
  // not what is shown as selected, which changes without anybody's doing when what was selected in an earlier run is there again
  const wanted = useStudioState((state) => state.selected)
  const awaited = choice?.before === wanted ? choice.place : null
  const height = layoutGrid(grid, 1).height + LEGEND_GAP + LEGEND_HEIGHT

  // biome-ignore lint/correctness/useExhaustiveDependencies: the tally grows in place
  const draw = useCallback<Draw>(
    (ctx, width, theme) => {
      const layout = layoutGrid(grid, width)
      const marks = { selected: placeOf(grid, selected), running: placeOf(grid, running), cursor }
      drawModelMap(ctx, tally, spread, layout, scale, marks, theme)
      const left = Math.min(layout.left - 16, Math.max(0, width - LEGEND_WIDTH))
      drawLegend(ctx, left, layout.height + LEGEND_GAP, view.ramp ?? theme.signed, scale, view.tick, theme)
    },
    [tally, added, spread, scale, selected, running, cursor],
  )
  const { canvas, width } = useCanvas(height, draw)

  const moduleAt = (place: Place | null): M | null => {
    const cell = place && tally.cells[cellOf(grid, place)]
    return cell ? moduleOf(cell, spread) : null
  }
  const point = (place: Place | null) => {
    if (place?.row === own?.row && place?.column === own?.column) return
    setCursor(place)
    studio.hover(moduleAt(place)?.name ?? null)
  }
  const under = ({ offsetX, offsetY }: MouseEvent): Place | null =>
    placeAt(grid, layoutGrid(grid, width), offsetX, offsetY)
  const awaitedName = moduleAt(awaited)?.name ?? null
  useEffect(() => {
    if (awaitedName === null) return
    setChoice(null)
    onSelect(awaitedName)
  }, [awaitedName, onSelect])
  const choose = (place: Place | null) => {
    const module = moduleAt(place)
    setChoice(place && !module ? { place, before: wanted } : null)
    if (module) onSelect(module.name)
  }
  const walk = (event: KeyboardEvent) => {
    const from = cursor ?? placeOf(grid, selected) ?? { row: 0, column: 0 }
    if (event.key === 'Enter' || event.key === ' ') choose(from)
    else if (event.key === 'Escape') {
      point(null)
      setChoice(null)
    } else {
      const to = step(from, event, grid)
      if (!to) return
      point(to)
    }
    event.preventDefault()
  }
  const shown = cursor ?? placeOf(grid, selected)

  return (
    <figure className="map">
      <figcaption className="map-head">
        <h3>
          {title}: {view.title.toLowerCase()} <span className="quiet">({view.unit})</span>
        </h3>
        {tools}
        <PictureButtons
          canvas={canvas}
          figure={() => ({ width, height, caption: `${title}: ${view.title}, ${view.unit}`, draw })}
          onPicture={onPicture}
        />
      </figcaption>
      <div
        className="map-canvas"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: an application widget, walked with the arrow keys
        tabIndex={0}
        role="application"
        aria-label={`${MODEL_MAP.label(title, grid.rows.length, grid.columns.length, grid.axis)} ${MODEL_MAP.keys}`}
        onKeyDown={walk}
        onPointerMove={(event) => point(under(event.nativeEvent))}
        onPointerLeave={() => point(null)}
        onClick={(event) => choose(under(event.nativeEvent))}
        onBlur={() => point(null)}
      >
        <canvas ref={canvas} />
      </div>
      <p className="readout" aria-live="polite">
        {shown
          ? cellText(tally, shown, shown.row === awaited?.row && shown.column === awaited.column)
          : MODEL_MAP.point}
      </p>
    </figure>
  )
}

/** A cell in words: its module, or those of its experts together; `awaited` is one that was chosen before it was there. */
function cellText<M extends { readonly name: string }>(tally: MapTally<M>, place: Place, awaited: boolean): string {
  const { grid, view } = tally
  const at = cellOf(grid, place)
  const [names, cell] = [grid.names[at] ?? [], tally.cells[at]]
  const [first] = names
  if (!cell || first === undefined) return MODEL_MAP.none
  const [kind, column] = [grid.rows[place.row]!, grid.columns[place.column]!]
  if (!cell.last) {
    const waiting = names.length === 1 ? MODEL_MAP.waiting(first) : MODEL_MAP.waitingExperts(kind, column, names.length)
    return awaited ? MODEL_MAP.awaited(waiting) : waiting
  }
  if (names.length === 1 || !cell.least || !cell.most) return view.text(cell.last)
  const value = (of: Spread) => view.format(shownValue(tally, cell, of)!)
  return MODEL_MAP.group(
    kind,
    column,
    cell.finished,
    names.length,
    { mean: value('mean'), low: value('smallest'), high: value('largest') },
    { low: cell.least.module.name, high: cell.most.module.name },
  )
}
