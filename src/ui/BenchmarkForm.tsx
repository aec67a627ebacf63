import { type BenchmarkRun, benchmarkChoice, benchmarkObstacle } from '../state/benchmark'
import { NumberField, WordField } from './fields'
import { ProgressLine } from './ProgressLine'
import { useStudio, useStudioState } from './studio-context'

/** What is measured, and the buttons that start and stop it. */
export function BenchmarkForm() {
  const studio = useStudio()
  const benchmark = useStudioState((state) => state.benchmark)
  const engine = useStudioState((state) => state.engine)
  const busy = useStudioState((state) => state.busy)
  const sweep = useStudioState((state) => state.sweep)
  const running = busy === 'benchmark'
  const { run } = benchmark
  const { sizesText, sizes, runs, works, problems } = benchmarkChoice({ benchmark, engine })
  const obstacle = benchmarkObstacle({ benchmark, engine, busy, sweep })
  return (
    <>
      <WordField
        label="Sizes n"
        value={sizesText}
        placeholder="64, 128, 256"
        help="Rows and columns of the matrices."
        problem={problems.sizes ?? undefined}
        disabled={running}
        onChange={(text) => studio.setBenchmark({ sizes: text })}
      />
      <NumberField
        label="Runs"
        value={runs}
        min={1}
        max={1000}
        step={1}
        help="Each time is the median of so many, after a warm-up."
        problem={problems.runs ?? undefined}
        disabled={running}
        onChange={(count) => studio.setBenchmark({ runs: count })}
      />
      <Works disabled={running} />
      <div className="row">
        <button
          type="button"
          className="primary"
          disabled={obstacle !== null || running}
          onClick={() => void studio.runBenchmark()}
        >
          Run
        </button>
        <button
          type="button"
          disabled={!running || run?.status !== 'running'}
          onClick={() => void studio.stopBenchmark()}
        >
          Stop
        </button>
        {!running && !obstacle && <span className="quiet small">{works.length * sizes.length} measurements</span>}
      </div>
      {obstacle && (
        <p className="quiet small" role="status">
          {obstacle}
        </p>
      )}
      {running && run && <Progress run={run} />}
    </>
  )
}

/** Works by their kind: each kind is measured or left out. */
function Works({ disabled }: { disabled: boolean }) {
  const studio = useStudio()
  const groups = useStudioState((state) => state.benchmark.groups)
  const left = useStudioState((state) => state.benchmark.form.left)
  if (groups.length === 0) return null
  return (
    <fieldset className="benchmark-works">
      <legend>Works</legend>
      {groups.map(({ title, works }) => (
        <label key={title} className="check">
          <input
            type="checkbox"
            checked={!left.includes(title)}
            disabled={disabled}
            onChange={({ target }) =>
              studio.setBenchmark({
                left: target.checked ? left.filter((other) => other !== title) : [...left, title],
              })
            }
          />
          <span title={works.join('\n')}>
            {title} <span className="quiet plain-weight">{works.length}</span>
          </span>
        </label>
      ))}
    </fieldset>
  )
}

function Progress({ run: { status, at, done, total } }: { run: BenchmarkRun }) {
  const label = at ? `${at.work}, n = ${at.n}` : 'Loading'
  return (
    <>
      <ProgressLine label={label} detail={`${done} of ${total}`} share={total > 0 ? done / total : null} />
      {status === 'stopping' && (
        <p className="field-help" role="status">
          Stops after the measurement at work.
        </p>
      )}
    </>
  )
}
