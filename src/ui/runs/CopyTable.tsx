import { useState } from 'react'
import { type TableFormat, type TextTable, tableText } from '../../state/text-tables'
import { useStudio } from '../studio-context'
import { runsWords } from '../words/runs'

const FORMATS: readonly (readonly [TableFormat, string])[] = [
  ['markdown', 'Markdown'],
  ['csv', 'CSV'],
  ['latex', 'LaTeX'],
]

/** Takes a table into another document; what it is called tells several of a page apart. */
export function CopyTable({ table, of }: { table: () => TextTable; of: string }) {
  const studio = useStudio()
  const [said, setSaid] = useState('')
  const copy = async (format: TableFormat, name: string) =>
    setSaid((await studio.copyTable(tableText(table(), format))) ? runsWords.copied(name) : '')
  return (
    <div className="row copy-table">
      <span className="quiet small" role="status">
        {said}
      </span>
      <span className="quiet small">{runsWords.copyAs}</span>
      {FORMATS.map(([format, name]) => (
        <button
          key={format}
          type="button"
          className="plain"
          aria-label={`${runsWords.copyAs} ${name}: ${of}`}
          onClick={() => void copy(format, name)}
        >
          {name}
        </button>
      ))}
    </div>
  )
}
