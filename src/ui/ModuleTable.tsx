import { type ReactNode, useMemo } from 'react'
import type { ModuleRecord } from '../records'
import type { PlannedModule } from '../state/modules'
import { formatDuration, formatError, formatNumber, formatSetting, formatShape, formatTenths } from './format'
import { useStudio, useStudioState } from './studio-context'
import { type TableColumn, VirtualTable } from './VirtualTable'

interface Row extends PlannedModule {
  readonly module: ModuleRecord | null
}

interface ModuleTableProps {
  readonly plan: readonly PlannedModule[]
  readonly modules: readonly ModuleRecord[]
  readonly selected: string | null
  readonly running: string | null
  readonly onSelect: (name: string) => void
}

/** Every linear layer of the model, filling in as the run goes. */
export function ModuleTable({ plan, modules, selected, running, onSelect }: ModuleTableProps) {
  const rows = useMemo(() => tableRows(plan, modules), [plan, modules])
  const studio = useStudio()
  const hovered = useStudioState((state) => state.hovered)
  const known = knownOf(modules)
  const columns = useMemo(() => columnsOf(onSelect, known), [onSelect, known])
  return (
    <VirtualTable
      label="Modules"
      columns={columns}
      rows={rows}
      rowKey={nameOf}
      height={264}
      minWidth={known === 'both' ? 910 : 820}
      selected={selected}
      hovered={hovered}
      running={running}
      dim={(row) => row.module === null}
      onSelect={(row) => row.module && onSelect(row.name)}
      onHover={(row) => studio.hover(row?.module ? row.name : null)}
    />
  )
}

export function tableRows(plan: readonly PlannedModule[], modules: readonly ModuleRecord[]): Row[] {
  const done = new Map(modules.map((module) => [module.name, module]))
  const planned = new Set(plan.map((module) => module.name))
  const others = modules.filter((module) => !planned.has(module.name))
  return [...plan, ...others].map(({ name, layer, role, out, in: columns }) => ({
    name,
    layer,
    role,
    out,
    in: columns,
    module: done.get(name) ?? null,
  }))
}

const nameOf = (row: Row): string => row.name

const NONE = <span className="quiet">none</span>

/** Which columns of the table would not be empty; damping's stands there from the start. */
type Known = 'damping' | 'flips' | 'both'

function knownOf(modules: readonly ModuleRecord[]): Known {
  if (modules.every(({ flips }) => flips === null)) return 'damping'
  return modules.every(({ damping }) => damping === null) ? 'flips' : 'both'
}

/** Names of experts are long, and differ at their end. */
const LONGEST = 34
const ending = (name: string): string => (name.length > LONGEST ? `…${name.slice(1 - LONGEST)}` : name)

function columnsOf(onSelect: (name: string) => void, known: Known): readonly TableColumn<Row>[] {
  const number = (
    key: string,
    title: string,
    width: string,
    value: (module: ModuleRecord) => ReactNode,
  ): TableColumn<Row> => ({
    key,
    title,
    width,
    align: 'right',
    render: ({ module }) => module && value(module),
  })
  const damping = number('damping', 'Damping', '9%', ({ damping: part }) =>
    part === null ? NONE : formatSetting(part),
  )
  const flips = number('flips', 'Unlike nearest', '12%', ({ flips: part }) =>
    part === null ? NONE : formatTenths(part),
  )
  return [
    {
      key: 'name',
      title: 'Module',
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
      title: 'Out × in',
      width: '12%',
      align: 'right',
      mono: true,
      render: (row) => formatShape([row.out, row.in]),
    },
    number('bits', 'Bits', '8%', (module) => formatNumber(module.bits.total, 3)),
    number('output', 'Output error', '11%', ({ error }) => (error.output === null ? NONE : formatError(error.output))),
    number('weight', 'Weight error', '11%', ({ error }) => formatError(error.weight)),
    ...(known === 'flips' ? [] : [damping]),
    ...(known === 'damping' ? [] : [flips]),
    number('seconds', 'Time', '8%', ({ seconds }) => formatDuration(seconds)),
    {
      key: 'warnings',
      title: 'Notes',
      width: '11%',
      render: ({ module }) => module && <span title={notes(module)}>{notes(module)}</span>,
    },
  ]
}

const notes = ({ warnings, deadColumns }: ModuleRecord): string =>
  [...(deadColumns > 0 ? [`${deadColumns} dead columns`] : []), ...warnings].join('; ')
