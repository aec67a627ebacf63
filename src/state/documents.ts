import type { ModuleRecord, RunReport } from '../pipeline/records'

/** The report as a JSON document: column lanes become plain arrays, other numbers keep every digit. */
export const reportJson = (report: RunReport): string =>
  `${JSON.stringify(report, (_, value) => (ArrayBuffer.isView(value) ? Array.from(value as Float32Array) : value), 1)}\n`

/** A cell of a CSV file, quoted where it must be. A leading '=' and its like would be a formula in a spreadsheet. */
const cell = (value: string | number | null): string => {
  if (value === null) return ''
  if (typeof value === 'number') return String(value)
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

const lines = (rows: readonly (readonly (string | number | null)[])[]): string =>
  rows.map((row) => `${row.map(cell).join(',')}\n`).join('')

/** The model map as a table: one row a module. */
export const modulesCsv = (modules: readonly ModuleRecord[]): string =>
  lines([
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
      m.seconds,
      m.warnings.join('; '),
    ]),
  ])

/** The matrix map as a table: one row a column of the original order. */
export const columnsCsv = ({ columns }: ModuleRecord): string =>
  lines([
    ['column', 'bits', 'error', 'hessian_diagonal'],
    ...Array.from(columns.bits, (bits, column) => [
      column,
      bits,
      columns.error[column] ?? null,
      columns.hessian?.[column] ?? null,
    ]),
  ])
