import { useMemo } from 'react'
import { REDUCTIONS, type Reduction } from '../pipeline/matrix/reduce'
import type { Quantity } from '../pipeline/matrix/sources'
import type { ModuleRecord } from '../records'
import { laneOf, lanesOf, type Order } from '../state/lanes'
import { otherOf, otherRuns } from '../state/matrix'
import { CONTRASTS, type Contrast, type MatrixChoices, startingChoices } from '../state/matrix-choices'
import { sidesOf } from '../state/measuring'
import type { RowOrder } from '../state/row-order'
import type { OtherResult } from '../workers/matrix-api'
import { FileButton } from './FileButton'
import { widthsOf } from './maps/matrix-map'
import { useStudio, useStudioState } from './studio-context'
import {
  CONTRAST_TITLES,
  ORDER_TITLES,
  QUANTITY_HELP,
  QUANTITY_TITLES,
  REDUCTION_TITLES,
  ROW_ORDER_TITLES,
  WORDS,
} from './words/matrix'

interface MatrixChoosingProps {
  readonly module: ModuleRecord
  readonly choices: MatrixChoices
  readonly onChoices: (choices: MatrixChoices) => void
}

/** What is shown of a matrix, in which order and colours. */
export function MatrixChoosing({ module, choices, onChoices }: MatrixChoosingProps) {
  const studio = useStudio()
  const original = useStudioState((state) => sidesOf(state).original)
  const compared = useStudioState(otherOf)
  const headDim = useStudioState((state) => Number(state.model?.inspection.spec.headDim ?? 0))
  const choose = (part: Partial<MatrixChoices>) => onChoices({ ...choices, ...part })
  const { quantities } = choices
  const toggle = (quantity: Quantity) =>
    choose({
      quantities: quantities.includes(quantity)
        ? quantities.filter((shown) => shown !== quantity)
        : possible.filter((one) => one === quantity || quantities.includes(one)),
    })
  const possible = quantitiesOf(original, compared !== null)
  const archive = useStudioState((state) => state.archive)
  const kept = useStudioState((state) => state.kept)
  const result = useStudioState((state) => state.result)
  const model = useStudioState((state) => state.result?.report.model.name)
  const runs = useMemo(() => otherRuns({ archive, kept, result }), [archive, kept, result])
  const compare = async (other: OtherResult | null) => {
    if (!(await studio.compareMatrices(other))) return
    const others: readonly Quantity[] = ['other', 'difference']
    const rest = quantities.filter((quantity) => !others.includes(quantity))
    choose({ quantities: other ? [...rest, 'difference'] : rest.length > 0 ? rest : ['weight'] })
  }
  return (
    <div className="matrix-choices">
      <fieldset className="matrix-shows">
        <legend className="quiet">{WORDS.show}</legend>
        {possible.map((quantity) => (
          <label key={quantity} title={QUANTITY_HELP[quantity]}>
            <input type="checkbox" checked={quantities.includes(quantity)} onChange={() => toggle(quantity)} />
            {QUANTITY_TITLES[quantity]}
          </label>
        ))}
      </fieldset>
      <Select<Reduction>
        label={WORDS.bin}
        values={REDUCTIONS}
        titles={REDUCTION_TITLES}
        value={choices.reduction}
        onChange={(reduction) => choose({ reduction })}
      />
      <Select<Contrast>
        label={WORDS.colour}
        values={CONTRASTS}
        titles={CONTRAST_TITLES}
        value={choices.contrast}
        onChange={(contrast) => choose({ contrast })}
      />
      <Select<Order>
        label={WORDS.order}
        values={ordersOf(module)}
        titles={ORDER_TITLES}
        value={choices.order}
        onChange={(order) => choose({ order })}
      />
      <Select<RowOrder>
        label={WORDS.rows}
        values={original ? ['original', 'norm', 'error'] : ['original', 'norm']}
        titles={ROW_ORDER_TITLES}
        value={choices.rowOrder}
        onChange={(rowOrder) => choose({ rowOrder })}
      />
      <Select<string>
        label={WORDS.groups}
        values={groupsOf(module, headDim).map(String)}
        titles={Object.fromEntries(groupsOf(module, headDim).map((size) => [size, groupTitle(size, module, headDim)]))}
        value={String(choices.group)}
        onChange={(group) => choose({ group: Number(group) })}
      />
      <label className="matrix-table-toggle">
        <input type="checkbox" checked={choices.table} onChange={() => choose({ table: !choices.table })} />
        {WORDS.table}
      </label>
      {compared === null ? (
        <>
          <FileButton
            className="plain"
            multiple
            accept=".safetensors,.json"
            onFiles={(files) => void compare({ files })}
          >
            {WORDS.other}
          </FileButton>
          {runs.length > 0 && (
            <Select<string>
              label={WORDS.otherRun}
              values={['', ...runs.map(({ id }) => id)]}
              titles={Object.fromEntries([['', WORDS.noRun], ...runs.map((run) => [run.id, nameOfRun(run, model)])])}
              value=""
              onChange={(chosen) => {
                const run = runs.find(({ id }) => id === chosen)
                if (run) void compare({ name: nameOfRun(run, model), folder: run.folder })
              }}
            />
          )}
        </>
      ) : (
        <button type="button" className="plain" onClick={() => void compare(null)}>
          {WORDS.noOther(compared)}
        </button>
      )}
    </div>
  )
}

interface SelectProps<T extends string> {
  readonly label: string
  readonly values: readonly T[]
  readonly titles: Readonly<Record<T, string>>
  readonly value: T
  readonly onChange: (value: T) => void
}

function Select<T extends string>({ label, values, titles, value, onChange }: SelectProps<T>) {
  return (
    <label className="order">
      <span className="quiet">{label}</span>
      <select aria-label={label} value={value} onChange={(event) => onChange(event.target.value as T)}>
        {values.map((one) => (
          <option key={one} value={one}>
            {titles[one]}
          </option>
        ))}
      </select>
    </label>
  )
}

/** The model is told where it is another than the one that is open. */
const nameOfRun = (run: ReturnType<typeof otherRuns>[number], model: string | undefined): string =>
  WORDS.run(run.number, run.recipe, run.model === model ? null : run.model)

const quantitiesOf = (original: boolean, compared: boolean): Quantity[] => [
  'weight',
  ...(original ? (['original', 'error'] as const) : []),
  ...(compared ? (['other', 'difference'] as const) : []),
  ...(['code', 'bits', 'sign'] as const),
]

/** Ways to lay out the columns of a module: by width only where widths differ. */
const ordersOf = ({ columns }: ModuleRecord): Order[] => [
  'original',
  'stored',
  ...(widthsOf(columns.bits).length > 1 ? (['width'] as const) : []),
  ...lanesOf(columns).filter((lane) => laneOf(columns, lane)),
]

/** Roles whose rows are those of attention heads. */
const HEADED = ['q', 'k', 'v', 'qkv']

const areHeads = (size: number, { role }: ModuleRecord, headDim: number): boolean =>
  size === headDim && HEADED.includes(role)

/** Sizes of groups that divide the rows. */
const groupsOf = (module: ModuleRecord, headDim: number): number[] => {
  const sizes = [...(HEADED.includes(module.role) ? [headDim] : []), 32, 64, 128, 256]
  return [0, ...new Set(sizes.filter((size) => size > 0 && size < module.out && module.out % size === 0))]
}

const groupTitle = (size: number, module: ModuleRecord, headDim: number): string =>
  size === 0 ? WORDS.noGroups : areHeads(size, module, headDim) ? WORDS.heads : WORDS.rowsEach(size)

/** Choices made on another matrix, as far as this one has what they name. */
export function fitting(
  choices: MatrixChoices,
  module: ModuleRecord,
  headDim: number,
  { original, compared }: { readonly original: boolean; readonly compared: boolean },
): MatrixChoices {
  const possible = quantitiesOf(original, compared)
  const { quantities } = choices
  const shown = quantities.filter((quantity) => possible.includes(quantity))
  return {
    ...choices,
    quantities: shown.length > 0 || quantities.length === 0 ? shown : startingChoices.quantities,
    order: ordersOf(module).includes(choices.order) ? choices.order : 'original',
    rowOrder: original || choices.rowOrder !== 'error' ? choices.rowOrder : 'original',
    group: groupsOf(module, headDim).includes(choices.group) ? choices.group : 0,
  }
}
