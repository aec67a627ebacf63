import { type KeyboardEvent, useCallback, useMemo, useState } from 'react'
import type { ModuleLike, PlannedModule } from '../state/modules'
import './maps.css'
import { drawLegend, LEGEND_HEIGHT, LEGEND_WIDTH } from './maps/legend'
import type { MapView } from './maps/measure'
import {
  cellAt,
  drawModelMap,
  type GridCell,
  layoutGrid,
  modelGrid,
  type Place,
  placeAt,
  placeOf,
} from './maps/model-map'
import { type OnPicture, PictureButtons } from './PictureButtons'
import { type Draw, useCanvas } from './use-canvas'

interface ModelMapProps<M> {
  readonly title: string
  readonly plan: readonly PlannedModule[]
  readonly modules: readonly M[]
  readonly view: MapView<M>
  readonly selected: string | null
  readonly running: string | null
  readonly onSelect: (name: string) => void
  readonly onPicture: OnPicture
}

const LEGEND_GAP = 12

/** The layer × module heatmap: pointer or arrow keys read it out, click or Enter chooses a module. */
export function ModelMap<M extends ModuleLike>(props: ModelMapProps<M>) {
  const { title, plan, modules, view, selected, running, onSelect, onPicture } = props
  const grid = useMemo(() => modelGrid(plan, modules), [plan, modules])
  const scale = useMemo(
    () => view.scale(modules.map((module) => view.value(module)).filter((value) => value !== null)),
    [view, modules],
  )
  const [cursor, setCursor] = useState<Place | null>(null)
  const height = layoutGrid(grid, 1).height + LEGEND_GAP + LEGEND_HEIGHT

  const draw = useCallback<Draw>(
    (ctx, width, theme) => {
      const layout = layoutGrid(grid, width)
      const marks = { selected: placeOf(grid, selected), running: placeOf(grid, running), cursor }
      drawModelMap(ctx, grid, layout, view, scale, marks, theme)
      const left = Math.min(layout.left - 16, Math.max(0, width - LEGEND_WIDTH))
      drawLegend(ctx, left, layout.height + LEGEND_GAP, view.ramp ?? theme.signed, scale, view.tick, theme)
    },
    [grid, view, scale, selected, running, cursor],
  )
  const { canvas, width } = useCanvas(height, draw)

  const under = ({ offsetX, offsetY }: MouseEvent): Place | null =>
    placeAt(grid, layoutGrid(grid, width), offsetX, offsetY)
  const choose = (place: Place | null) => {
    const module = place && cellAt(grid, place)?.module
    if (module) onSelect(module.name)
  }
  const walk = (event: KeyboardEvent) => {
    const from = cursor ?? placeOf(grid, selected) ?? { row: 0, column: 0 }
    if (event.key === 'Enter' || event.key === ' ') choose(from)
    else if (event.key === 'Escape') setCursor(null)
    else {
      const to = step(from, event.key, grid.roles.length, grid.layers.length)
      if (!to) return
      setCursor(to)
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
        aria-label={`${title}, ${grid.roles.length} modules by ${grid.layers.length} layers. Arrow keys move, Enter selects.`}
        onKeyDown={walk}
        onPointerMove={(event) => setCursor(under(event.nativeEvent))}
        onPointerLeave={() => setCursor(null)}
        onClick={(event) => choose(under(event.nativeEvent))}
        onBlur={() => setCursor(null)}
      >
        <canvas ref={canvas} />
      </div>
      <p className="readout" aria-live="polite">
        {shown ? cellText(cellAt(grid, shown), view) : 'Point at a cell, or walk with the arrow keys'}
      </p>
    </figure>
  )
}

/** Where a key leads inside the grid; null for keys that do not move. */
export function step({ row, column }: Place, key: string, rows: number, columns: number): Place | null {
  const clamp = (value: number, count: number) => Math.min(count - 1, Math.max(0, value))
  switch (key) {
    case 'ArrowLeft':
      return { row, column: clamp(column - 1, columns) }
    case 'ArrowRight':
      return { row, column: clamp(column + 1, columns) }
    case 'ArrowUp':
      return { row: clamp(row - 1, rows), column }
    case 'ArrowDown':
      return { row: clamp(row + 1, rows), column }
    case 'Home':
      return { row, column: 0 }
    case 'End':
      return { row, column: columns - 1 }
    default:
      return null
  }
}

function cellText<M extends ModuleLike>(cell: GridCell<M> | null, view: MapView<M>): string {
  if (!cell?.name) return 'No such module'
  return cell.module ? view.text(cell.module) : `${cell.name}: not quantized yet`
}
