import type { BenchmarkProgress, DeviceTimes } from '../workers/api'
import {
  type Benchmark,
  type BenchmarkForm,
  type BenchmarkRun,
  benchmarkChoice,
  benchmarkJson,
  benchmarkMarkdown,
  benchmarkObstacle,
  foldBenchmark,
} from './benchmark'
import { type Context, occupy, patch, setFailure } from './context'
import { isCancelled, isLost } from './failure'
import type { takingActions } from './taking'

/** Timing the kernels on this device, beside the path of the studio. */
export function benchmarkingActions(
  context: Context,
  { saveText }: Pick<ReturnType<typeof takingActions>, 'saveText'>,
) {
  let runs = 0
  const state = context.store.getState
  const update = (part: Partial<Benchmark>) => patch(context, { benchmark: { ...state().benchmark, ...part } })

  /** Asks what can be measured; again after the engine was restarted. */
  const openBenchmark = async (): Promise<void> => {
    const { engine, host } = context
    try {
      const { groups, device } = await engine.api.benchmarks()
      if (engine !== context.engine) return
      const { openedAt } = host.clock
      const since = ({ foundAt, readyAt }: DeviceTimes) => ({
        foundMs: foundAt - openedAt,
        readyMs: readyAt - openedAt,
      })
      update({ groups, device: device && { ...device, openedAt, ...since(device) } })
    } catch (error) {
      if (!isLost(error)) setFailure(context, 'benchmark', error)
    }
  }

  const setBenchmark = (form: Partial<BenchmarkForm>): void => update({ form: { ...state().benchmark.form, ...form } })

  const runBenchmark = async (): Promise<void> => {
    const { engine, benchmark } = state()
    if (engine.status !== 'ready' || benchmarkObstacle(state())) return
    const { works, sizes, runs: repeats } = benchmarkChoice(state())
    const serial = ++runs
    const change = (part: (run: BenchmarkRun) => BenchmarkRun) => {
      const { run } = state().benchmark
      if (run?.serial === serial) update({ run: part(run) })
    }
    await occupy(context, 'benchmark', 'benchmark', async () => {
      update({
        run: {
          ...{ serial, device: engine.gpu.name, status: 'running', rows: [], at: null, startUp: null },
          ...{ done: 0, total: works.length * sizes.length, askedAt: context.host.clock.now() },
        },
      })
      // a row may come in behind the answer: it is one of this benchmark all the same
      const hear = (progress: BenchmarkProgress) => change((run) => foldBenchmark(run, progress))
      try {
        await context.engine.api.benchmark({ works, sizes, runs: repeats }, hear)
        change((run) => ({ ...run, status: 'done', done: run.total }))
      } catch (error) {
        change((run) => ({ ...run, status: isCancelled(error) ? 'stopped' : 'failed' }))
        // one that never got going leaves the last one on the screen
        if (state().benchmark.run?.rows.length === 0 && benchmark.run) update({ run: benchmark.run })
        throw error
      }
    })
  }

  /** After the measurement at work. */
  const stopBenchmark = async (): Promise<void> => {
    const { run } = state().benchmark
    if (run?.status !== 'running') return
    update({ run: { ...run, status: 'stopping' } })
    await context.engine.api.cancel()
  }

  /** Resolves to whether it is on the clipboard. */
  const copyBenchmark = async (as: 'markdown' | 'json'): Promise<boolean> => {
    const { run } = state().benchmark
    if (!run) return false
    try {
      await context.host.copy(as === 'markdown' ? benchmarkMarkdown(run) : benchmarkJson(run))
      return true
    } catch (error) {
      setFailure(context, 'benchmark', error)
      return false
    }
  }

  const saveBenchmark = async (): Promise<void> => {
    const { run } = state().benchmark
    if (!run) return
    const device = run.device
      .replaceAll(/[^\w.-]+/g, ' ')
      .trim()
      .replaceAll(' ', '-')
      .toLowerCase()
    await saveText(`benchmark-${device}.json`, [benchmarkJson(run)], 'benchmark')
  }

  return { openBenchmark, setBenchmark, runBenchmark, stopBenchmark, copyBenchmark, saveBenchmark }
}
