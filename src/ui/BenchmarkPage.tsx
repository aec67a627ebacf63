import { useEffect } from 'react'
import { BenchmarkForm } from './BenchmarkForm'
import { BenchmarkResult } from './BenchmarkResult'
import { DeviceFacts } from './DeviceFacts'
import { FailureNote } from './FailureNote'
import { useStudio, useStudioState } from './studio-context'
import { benchmarkWords as words } from './words/benchmark'
import './benchmark.css'

/** How fast this device runs the kernels: a page of its own beside the path. */
export function BenchmarkPage() {
  const studio = useStudio()
  const status = useStudioState((state) => state.engine.status)
  const failure = useStudioState((state) => state.failures.benchmark)
  useEffect(() => {
    if (status !== 'starting') void studio.openBenchmark()
  }, [studio, status])
  return (
    <main id="benchmark">
      <section className="step benchmark" aria-labelledby="title-benchmark">
        <div className="step-side">
          <div className="step-head">
            <h2 id="title-benchmark" tabIndex={-1}>
              {words.title}
            </h2>
            {/* back to where one was: the studio keeps its place and its state */}
            <a href="#studio">{words.back}</a>
          </div>
          <p className="quiet">{words.intro}</p>
          <BenchmarkForm />
        </div>
        <div className="step-main">
          {failure && <FailureNote failure={failure} />}
          <DeviceFacts />
          <BenchmarkResult />
        </div>
      </section>
    </main>
  )
}
