import { useState } from 'react'
import type { BenchmarkRun } from '../state/benchmark'
import { BenchmarkTable } from './BenchmarkTable'
import { formatInteger } from './format'
import { GrowthChart } from './GrowthChart'
import { useStudio, useStudioState } from './studio-context'
import { benchmarkWords as words } from './words/benchmark'

/** What was measured: chart, table, and the ways to take it along. */
export function BenchmarkResult() {
  const run = useStudioState((state) => state.benchmark.run)
  if (!run || (run.rows.length === 0 && run.status !== 'failed'))
    return <p className="quiet">{run ? words.first : words.none}</p>
  if (run.rows.length === 0) return null
  return (
    <>
      <GrowthChart run={run} />
      <section className="stack" aria-label={words.measurements}>
        <div className="benchmark-tools">
          <h3>
            {words.measurements} <span className="quiet plain-weight">{countOf(run)}</span>
          </h3>
          <TakeAlong />
        </div>
        <BenchmarkTable run={run} />
      </section>
    </>
  )
}

function countOf({ status, rows, done, total }: BenchmarkRun): string {
  const medians = words.medians(formatInteger(rows[0]!.runs))
  switch (status) {
    case 'running':
    case 'stopping':
      return `${medians}, ${words.underWay}`
    case 'done': {
      const left = total - rows.length
      return left > 0 ? `${medians}; ${words.leftOut(left)}` : medians
    }
    default:
      return `${medians}; ${words.after(words.ended[status], done, total)}`
  }
}

const FORMATS = [
  ['markdown', 'Markdown'],
  ['json', 'JSON'],
] as const

function TakeAlong() {
  const studio = useStudio()
  const [said, setSaid] = useState('')
  const copy = async (as: 'markdown' | 'json', name: string) =>
    setSaid((await studio.copyBenchmark(as)) ? words.copied(name) : '')
  return (
    <>
      <span className="quiet small" role="status">
        {said}
      </span>
      <div className="row">
        {FORMATS.map(([format, name]) => (
          <button key={format} type="button" onClick={() => void copy(format, name)}>
            {words.copyAs(name)}
          </button>
        ))}
        <button type="button" onClick={() => void studio.saveBenchmark()}>
          {words.save}
        </button>
      </div>
    </>
  )
}
