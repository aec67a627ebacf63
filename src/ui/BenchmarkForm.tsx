import { type BenchmarkRun, benchmarkChoice, benchmarkObstacle } from '../state/benchmark'
import { NumberField, WordField } from './fields'
import { ProgressLine } from './ProgressLine'
import { useStudio, useStudioState } from './studio-context'
import { benchmarkWords as words } from './words/benchmark'
import { ofAll } from './words/counts'

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
        label={words.sizes}
        value={sizesText}
        placeholder="64, 128, 256"
        help={words.sizesHelp}
        problem={problems.sizes ?? undefined}
        disabled={running}
        onChange={(text) => studio.setBenchmark({ sizes: text })}
      />
      <NumberField
        label={words.runs}
        value={runs}
        min={1}
        max={1000}
        step={1}
        help={words.runsHelp}
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
          {words.run}
        </button>
        <button
          type="button"
          disabled={!running || run?.status !== 'running'}
          onClick={() => void studio.stopBenchmark()}
        >
          {words.stop}
        </button>
        {!running && !obstacle && <span className="quiet small">{words.count(works.length * sizes.length)}</span>}
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
      <legend>{words.works}</legend>
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
  const label = at ? words.at(at.work, at.n) : words.loading
  return (
    <>
      <ProgressLine label={label} detail={ofAll(done, total)} share={total > 0 ? done / total : null} />
      {status === 'stopping' && (
        <p className="field-help" role="status">
          {words.stopping}
        </p>
      )}
    </>
  )
}
