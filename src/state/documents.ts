import type { ModuleRecord, RunReport } from '../records'
import { type Lane, laneOf, lanesOf } from './lanes'

/** Digits of a lane's numbers in a document: more than a map shows, fewer than a float's full tail. */
const LANE_DIGITS = 6

const laneNumbers = (_key: string, value: unknown): unknown =>
  value instanceof Float32Array
    ? Array.from(value, (number) => Number(number.toPrecision(LANE_DIGITS)))
    : value instanceof Uint32Array
      ? Array.from(value)
      : value

/**
 * The report as a JSON document, a piece a module: the lanes of a large model are hundreds of megabytes of text, more
 * than one string can hold.
 */
export function* reportPieces(report: RunReport): Generator<string, void> {
  const { modules, ...rest } = report
  const head = JSON.stringify(rest, null, 1)
  yield `${head.slice(0, head.lastIndexOf('}')).trimEnd()},\n "modules": [`
  for (const [index, module] of modules.entries())
    yield `${index > 0 ? ',' : ''}\n  ${JSON.stringify(module, laneNumbers)}`
  yield '\n ]\n}\n'
}

/** Typical letters of a lane's number with its comma, and of everything else a module says. */
const LETTERS = { number: 10, module: 700 }

/** About how long the report's document will be, without writing it. */
export const reportBytes = ({ modules }: RunReport): number =>
  modules.reduce((bytes, { in: columns, columns: lanes, training, graph, reconstruction }) => {
    const stored = [lanes.error, lanes.hessian, lanes.factor, lanes.norm].filter((lane) => lane !== null)
    const learned = (training?.step.length ?? 0) * 7 + (reconstruction?.step.length ?? 0) * 4
    const numbers = columns * stored.length + learned + (graph?.weight.length ?? 0)
    return bytes + LETTERS.module + numbers * LETTERS.number + columns * 2
  }, 1000)

/** Pieces of text as a stream of bytes, made as they are asked for. */
export function textStream(pieces: Iterable<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  const iterator = pieces[Symbol.iterator]()
  return new ReadableStream({
    pull(controller) {
      const next = iterator.next()
      if (next.done) controller.close()
      else controller.enqueue(encoder.encode(next.value))
    },
  })
}

/** A number goes into a file as it is, not as a person reads it; null and NaN where there is none. */
export type CsvCell = string | number | null

const NUMBER = /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i

/** A cell of a CSV file, quoted where it must be. A leading '=' and its like would be a formula in a spreadsheet. */
const cell = (value: CsvCell): string => {
  if (value === null || Number.isNaN(value)) return ''
  if (typeof value === 'number') return String(value)
  // a spreadsheet knows the hyphen only, and takes a number with the sign that is as wide as a digit for a text
  const plain = value.replaceAll('−', '-')
  const text = /^[=+\-@\t\r]/.test(plain) && !NUMBER.test(plain) ? `'${plain}` : plain
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** Rows of cells as a CSV file. */
export const csvOf = (rows: readonly (readonly CsvCell[])[]): string =>
  rows.map((row) => `${row.map(cell).join(',')}\n`).join('')

/** The model map as a table: one row a module. */
export const modulesCsv = (modules: readonly ModuleRecord[]): string =>
  csvOf([
    [
      'module',
      'layer',
      'role',
      'out',
      'in',
      'bits',
      'code_bits',
      'scale_bits',
      'index_bits',
      'output_error',
      'weight_error',
      'damping',
      'dead_columns',
      'flips',
      'seconds',
      'warnings',
    ],
    ...modules.map((m) => [
      m.name,
      m.layer,
      m.role,
      m.out,
      m.in,
      m.bits.total,
      m.bits.code,
      m.bits.scale,
      m.bits.index,
      m.error.output,
      m.error.weight,
      m.damping,
      m.deadColumns,
      m.flips,
      m.seconds,
      m.warnings.join('; '),
    ]),
  ])

const LANE_TITLES: Readonly<Record<Lane, string>> = {
  hessian: 'hessian_diagonal',
  factor: 'factor_diagonal',
  norm: 'norm',
  error: 'error',
  saliency: 'saliency',
  salient: 'salient_share',
}

/** The matrix map as a table: one row a column of the original order, one column a lane that is known. */
export function columnsCsv({ columns }: ModuleRecord): string {
  const lanes = lanesOf(columns)
  const values = lanes.map((lane) => laneOf(columns, lane)!)
  return csvOf([
    ['column', 'bits', ...lanes.map((lane) => LANE_TITLES[lane])],
    ...Array.from(columns.bits, (bits, column) => [column, bits, ...values.map((lane) => lane[column]!)]),
  ])
}
