import { useState } from 'react'
import type { BenchmarkRun } from '../state/benchmark'
import { BenchmarkTable } from './BenchmarkTable'
import { formatInteger } from './format'
import { GrowthChart } from './GrowthChart'
import { useStudio, useStudioState } from './studio-context'

/** What was measured: chart, table, and the ways to take it along. */
export function BenchmarkResult() {
  const run = useStudioState((state) => state.benchmark.run)
  if (!run || (run.rows.length === 0 && run.status !== 'failed'))
    return (
      <p className="quiet">
        {run
          ? 'The first row appears as soon as it is measured.'
          : 'Rows appear as they are measured: time, GFLOP/s, GB/s, and what part of the device’s best rates they reach.'}
      </p>
    )
  if (run.rows.length === 0) return null
  return (
    <>
      <GrowthChart run={run} />
      <section className="stack" aria-label="Measurements">
        <div className="benchmark-tools">
          <h3>
            Measurements <span className="quiet plain-weight">{countOf(run)}</span>
          </h3>
          <TakeAlong />
        </div>
        <BenchmarkTable run={run} />
      </section>
    </>
  )
}

function countOf({ status, rows, done, total }: BenchmarkRun): string {
  const medians = `medians of ${formatInteger(rows[0]!.runs)}`
  switch (status) {
    case 'running':
    case 'stopping':
      return `${medians}, under way`
    case 'done': {
      const left = total - rows.length
      return left > 0 ? `${medians}; ${left} left out: no room on the device, or too long to wait for` : medians
    }
    default:
      return `${medians}; ${status} after ${done} of ${total}`
  }
}

function TakeAlong() {
  const studio = useStudio()
  const [said, setSaid] = useState('')
  const copy = async (as: 'markdown' | 'json', name: string) =>
    setSaid((await studio.copyBenchmark(as)) ? `Copied as ${name}.` : '')
  return (
    <>
      <span className="quiet small" role="status">
        {said}
      </span>
      <div className="row">
        <button type="button" onClick={() => void copy('markdown', 'Markdown')}>
          Copy as Markdown
        </button>
        <button type="button" onClick={() => void copy('json', 'JSON')}>
          Copy as JSON
        </button>
        <button type="button" onClick={() => void studio.saveBenchmark()}>
          Save JSON
        </button>
      </div>
    </>
  )
}
