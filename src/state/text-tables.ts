import { type CsvCell, csvOf } from './documents'

/** A table of texts, to be taken into another document. */
export interface TextTable {
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** Columns of texts, which stand to the left, from the first on; the others are numbers. */
  readonly texts: number
  /** The same for machines: its head, then its rows, with numbers in columns of their own. */
  readonly values: readonly (readonly CsvCell[])[]
}

export type TableFormat = 'markdown' | 'csv' | 'latex'

export const tableText = (table: TextTable, format: TableFormat): string =>
  ({ markdown, csv: ({ values }: TextTable) => csvOf(values), latex })[format](table)

function markdown({ head, rows, texts }: TextTable): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replace(/[\\|]/g, '\\$&').replace(/\s+/g, ' ')).join(' | ')} |\n`
  const rule = `|${head.map((_, i) => (i < texts ? '---' : '---:')).join('|')}|\n`
  return [line(head), rule, ...rows.map(line)].join('')
}

const LATEX: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '±': '$\\pm$',
  '−': '$-$',
  '×': '$\\times$',
  '→': '$\\to$',
}

const latexText = (text: string): string =>
  text.replace(/[\\~^±−×→]|[&%$#_{}]/g, (character) => LATEX[character] ?? `\\${character}`).replace(/\s+/g, ' ')

/** With the rules of the package booktabs. */
function latex({ head, rows, texts }: TextTable): string {
  const line = (cells: readonly string[]) => `${cells.map(latexText).join(' & ')} \\\\\n`
  const columns = head.map((_, i) => (i < texts ? 'l' : 'r')).join('')
  return `\\begin{tabular}{${columns}}\n\\toprule\n${line(head)}\\midrule\n${rows.map(line).join('')}\\bottomrule\n\\end{tabular}\n`
}
