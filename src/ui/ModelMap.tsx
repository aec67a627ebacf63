import { useMemo, useRef } from 'react'
import type { CsvCell } from '../state/documents'
import { hasExperts } from '../state/experts'
import type { ModuleLike, PlannedModule } from '../state/modules'
import type { Spread } from '../state/store'
import { FigureTable, inFull } from './FigureTable'
import { GridMap } from './GridMap'
import { expertGrid, type MapGrid, modelGrid } from './maps/map-grid'
import { type MapTally, shownValue, tallyOf } from './maps/map-tally'
import type { MapView } from './maps/measure'
import type { OnPicture } from './PictureButtons'
import { SpreadField } from './SpreadField'
import { useStudioState } from './studio-context'
import { MODEL_MAP } from './words/model-map'

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

/** The layer × module heatmap. Experts share a cell; those of the selected layer stand below, each by itself. */
export function ModelMap<M extends ModuleLike>({ plan, modules, ...props }: ModelMapProps<M>) {
  const { title, view, selected } = props
  const chosen = useStudioState((state) => state.spread)
  const spread = chosen ?? view.spread
  // a packed model has no plan: its modules are all there at once
  const known: readonly ModuleLike[] = plan.length > 0 ? plan : modules
  const grid = useMemo(() => modelGrid(known), [known])
  const experts = useMemo(() => hasExperts(known), [known])
  const layer = useMemo(() => known.find(({ name }) => name === selected)?.layer ?? null, [known, selected])
  const within = useMemo(() => (experts && layer !== null ? expertGrid(known, layer) : null), [known, experts, layer])
  const tally = useTally(grid, view, modules)
  const shared = { ...props, spread, added: tally.added }
  return (
    <>
      <GridMap {...shared} tally={tally} tools={experts && <SpreadField value={spread} />} />
      {within && layer !== null && <Experts {...shared} grid={within} layer={layer} modules={modules} />}
      <FigureTable
        label={MODEL_MAP.table(title)}
        head={[MODEL_MAP.axis[grid.axis], ...grid.rows]}
        rows={() => tableRows(tally, spread)}
        formats={[inFull, view.format]}
        file={`${view.id}-by-module`}
      />
    </>
  )
}

interface ExpertsProps<M> extends Omit<ModelMapProps<M>, 'plan'> {
  readonly grid: MapGrid
  readonly layer: number
  readonly spread: Spread
}

function Experts<M extends ModuleLike>({ grid, layer, modules, ...props }: ExpertsProps<M>) {
  const tally = useTally(grid, props.view, modules)
  return <GridMap {...props} title={MODEL_MAP.experts(layer)} tally={tally} added={tally.added} />
}

function useTally<M extends ModuleLike>(grid: MapGrid, view: MapView<M>, modules: readonly M[]): MapTally<M> {
  const last = useRef<MapTally<M> | null>(null)
  last.current = tallyOf(last.current, grid, view, modules)
  return last.current
}

/** A row a column of the map: the values of its cells. */
function tableRows<M>(tally: MapTally<M>, spread: Spread): CsvCell[][] {
  const { grid, cells } = tally
  return grid.columns.map((column, at) => [
    column,
    ...grid.rows.map((_, row) => shownValue(tally, cells[row * grid.columns.length + at]!, spread)),
  ])
}
