import type { ReactNode } from 'react'
import type { RunHead, RunSetting } from '../../archived-run'
import { recipeLabel } from '../../state/recipe'
import { type Cell, recipeFields, scoreOf } from '../../state/run-table'
import type { ListedRun } from '../../workers/archive-api'
import { formatBounds, formatBytes, formatDate, formatDuration, formatError, formatNumber } from '../format'
import { runsWords } from '../words/runs'
import { fieldTitle } from './cells'

/** A column of the table of runs: what it is sorted by, and how it reads. */
export interface RunColumn {
  readonly key: string
  readonly title: string
  readonly help?: string | undefined
  /** CSS pixels. */
  readonly width: number
  readonly align?: 'right'
  cell(run: ListedRun, setting: RunSetting | null): Cell
  /** The cell itself unless given. */
  show?(run: ListedRun, setting: RunSetting | null): ReactNode
}

type Title = keyof typeof runsWords.columnTitles
type Column = Omit<RunColumn, 'key' | 'title' | 'help'>

const number = (width: number, cell: RunColumn['cell'], text: (value: number) => string): Column => ({
  ...{ width, align: 'right', cell },
  show(run, setting) {
    const value = cell(run, setting)
    return typeof value === 'number' && Number.isFinite(value) ? text(value) : null
  },
})
const text = (width: number, cell: (run: RunHead) => string): Column => ({ width, cell })

const COLUMNS: Readonly<Record<Exclude<Title, 'number'>, Column>> = {
  model: text(104, ({ model }) => model.name),
  recipe: text(160, ({ recipe }) => recipeLabel(recipe)),
  method: text(90, ({ recipe }) => recipe.method),
  bits: number(
    64,
    ({ bits }) => bits.total,
    (value) => formatNumber(value, 3),
  ),
  width: number(
    78,
    ({ width }) => width,
    (value) => formatNumber(value, 3),
  ),
  size: number(78, ({ packedBytes }) => packedBytes, formatBytes),
  perplexity: {
    ...{ width: 88, align: 'right' },
    cell: (run, setting) => scoreOf(run, setting)?.perplexity ?? null,
    show(run, setting) {
      const score = scoreOf(run, setting)
      if (typeof score?.perplexity !== 'number') return null
      const { perplexity, low, high } = score
      const bounds = low !== null && high !== null ? `95 %: ${formatBounds({ low, high })}` : undefined
      return <span title={bounds}>{formatNumber(perplexity, 2)}</span>
    },
  },
  ratio: number(
    82,
    (run, setting) => {
      const score = scoreOf(run, setting)
      return score?.original && score.perplexity !== null ? score.perplexity / score.original : null
    },
    (value) => formatNumber(value, 3),
  ),
  kl: number(78, (run, setting) => scoreOf(run, setting)?.kl ?? null, formatError),
  error: number(96, ({ error }) => error, formatError),
  seconds: number(82, ({ seconds }) => seconds, formatDuration),
  made: { width: 112, cell: ({ made }) => made, show: ({ made }) => formatDate(made) },
  tags: {
    width: 130,
    cell: ({ tags }) => tags.join(' '),
    show: ({ tags }) => tags.map((tag) => <Tag key={tag} tag={tag} />),
  },
  note: text(160, ({ note }) => note),
  result: {
    ...{ width: 78, align: 'right' },
    cell: ({ result }) => (result?.kept ? result.bytes : null),
    show: ({ result }) => result?.kept && formatBytes(result.bytes),
  },
  device: text(160, ({ device }) => device.name),
  browser: text(120, ({ browser }) => browser),
  bitloom: text(70, ({ bitloom }) => bitloom),
}

const Tag = ({ tag }: { tag: string }) => <span className="run-tag">{tag}</span>

/** Shown where nobody chose; `kl` once it is measured. */
export const FIRST_COLUMNS: readonly string[] = [
  'model',
  'recipe',
  'bits',
  'size',
  'perplexity',
  'kl',
  'seconds',
  'made',
  'tags',
  'result',
]

/** Columns that every run has. */
export const OWN_COLUMNS: readonly RunColumn[] = Object.entries(COLUMNS).map(([key, column]) => ({
  ...column,
  ...{ key, title: runsWords.columnTitles[key as Title], help: runsWords.columnHelp[key] },
}))

/** Columns of recipe values are told from the others by this. */
const OF_RECIPE = 'recipe.'

export const recipeColumn = (field: string): RunColumn => ({
  ...{ key: `${OF_RECIPE}${field}`, title: fieldTitle(field), width: Math.max(70, 8 * field.length + 22) },
  cell: ({ recipe }) => recipeFields(recipe).get(field) ?? null,
})

/** The columns of these keys, in an order of their own: those of recipes after the label. */
export function columnsOf(keys: readonly string[]): RunColumn[] {
  const own = OWN_COLUMNS.filter(({ key }) => keys.includes(key))
  const fields = keys.filter((key) => key.startsWith(OF_RECIPE)).map((key) => recipeColumn(key.slice(OF_RECIPE.length)))
  const after = own.findLastIndex(({ key }) => key === 'model' || key === 'recipe' || key === 'method') + 1
  return [...own.slice(0, after), ...fields, ...own.slice(after)]
}
