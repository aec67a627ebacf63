import { type ReactNode, useMemo, useRef } from 'react'
import type { ModuleRecord } from '../records'
import type { Growing } from '../state/growing'
import { knownOf, moduleNamed, modulesBeyond, placesIn } from '../state/module-index'
import type { PlannedModule } from '../state/modules'
import { formatDuration, formatError, formatNumber, formatSetting, formatShape, formatTenths } from './format'
import { useStudio, useStudioState } from './studio-context'
import { type TableColumn, VirtualTable } from './VirtualTable'
import { modulesWords as words } from './words/modules'

interface Row extends PlannedModule {
  readonly module: ModuleRecord | null
}

interface ModuleTableProps {
  readonly plan: readonly PlannedModule[]
  readonly modules: Growing<ModuleRecord>
  readonly selected: string | null
  readonly running: string | null
  readonly onSelect: (name: string) => void
}

/** Every linear layer of the model, filling in as the run goes. An update costs what is in view, however many layers there are. */
export function ModuleTable({ plan, modules, selected, running, onSelect }: ModuleTableProps) {
  const studio = useStudio()
  const hovered = useStudioState((state) => state.hovered)
  const known = columnsKnown(modules)
  const columns = useMemo(() => columnsOf(onSelect, known), [onSelect, known])
  const rowAt = useRowAt(plan, modules)
  const placeOf = (name: string | null) => (name === null ? -1 : (placesIn(plan).get(name) ?? -1))
  return (
    <VirtualTable
      label={words.label}
      columns={columns}
      count={plan.length + modulesBeyond(modules, plan).length}
      rowAt={rowAt}
      rowKey={nameOf}
      height={264}
      minWidth={known === 'both' ? 910 : 820}
      selected={selected}
      selectedAt={placeOf(selected)}
      hovered={hovered}
      running={placeOf(running)}
      dim={(row) => row.module === null}
      onSelect={(row) => row.module && onSelect(row.name)}
      onHover={(row) => studio.hover(row?.module ? row.name : null)}
    />
  )
}

/** The plan's modules, then those that it does not name; each the same object until it is finished. */
function useRowAt(plan: readonly PlannedModule[], modules: Growing<ModuleRecord>): (index: number) => Row {
  const made = useRef(new WeakMap<PlannedModule, Row>())
  return (index) => {
    const planned = plan[index] ?? modulesBeyond(modules, plan)[index - plan.length]!
    const module = moduleNamed(modules, planned.name)
    const before = made.current.get(planned)
    if (before?.module === module) return before
    const { name, layer, role, out, in: columns } = planned
    const row = { name, layer, role, out, in: columns, module }
    made.current.set(planned, row)
    return row
  }
}

const nameOf = (row: Row): string => row.name

const NONE = <span className="quiet">{words.none}</span>

/** Which columns of the table would not be empty; damping's stands there from the start. */
type Known = 'damping' | 'flips' | 'both'

function columnsKnown(modules: Growing<ModuleRecord>): Known {
  const { damped, flipped } = knownOf(modules)
  if (!flipped) return 'damping'
  return damped ? 'both' : 'flips'
}

/** Names of experts are long, and differ at their end. */
const LONGEST = 34
const ending = (name: string): string => (name.length > LONGEST ? `…${name.slice(1 - LONGEST)}` : name)

function columnsOf(onSelect: (name: string) => void, known: Known): readonly TableColumn<Row>[] {
  const number = (
    key: keyof typeof words.columns,
    width: string,
    value: (module: ModuleRecord) => ReactNode,
  ): TableColumn<Row> => ({
    key,
    title: words.columns[key],
    width,
    align: 'right',
    render: ({ module }) => module && value(module),
  })
  const damping = number('damping', '9%', ({ damping: part }) => (part === null ? NONE : formatSetting(part)))
  const flips = number('flips', '12%', ({ flips: part }) => (part === null ? NONE : formatTenths(part)))
  return [
    {
      key: 'name',
      title: words.columns.name,
      width: known === 'damping' ? '30%' : '27%',
      mono: true,
      render: ({ name, module }) =>
        module ? (
          // Out of the tab order, which hundreds of rows would fill: by keyboard the model map selects.
          <button
            type="button"
            className="plain"
            tabIndex={-1}
            title={name}
            aria-label={name}
            onClick={() => onSelect(name)}
          >
            {ending(name)}
          </button>
        ) : (
          ending(name)
        ),
    },
    {
      key: 'shape',
      title: words.columns.shape,
      width: '12%',
      align: 'right',
      mono: true,
      render: (row) => formatShape([row.out, row.in]),
    },
    number('bits', '8%', (module) => formatNumber(module.bits.total, 3)),
    number('output', '11%', ({ error }) => (error.output === null ? NONE : formatError(error.output))),
    number('weight', '11%', ({ error }) => formatError(error.weight)),
    ...(known === 'flips' ? [] : [damping]),
    ...(known === 'damping' ? [] : [flips]),
    number('seconds', '8%', ({ seconds }) => formatDuration(seconds)),
    {
      key: 'warnings',
      title: words.columns.warnings,
      width: '11%',
      render: ({ module }) => module && <span title={notes(module)}>{notes(module)}</span>,
    },
  ]
}

const notes = ({ warnings, deadColumns }: ModuleRecord): string =>
  [...(deadColumns > 0 ? [words.dead(deadColumns)] : []), ...warnings].join('; ')
