import type { ModuleRecord, Phase, Progress, ReconstructionRecord, RunReport, TrainingRecord } from '../records'
import { Growing } from './growing'
import { firstUnfinished, moduleNamed } from './module-index'
import type { PlannedModule } from './modules'

/** A run as the page follows it, folded from the engine's progress. */
export interface RunState {
  readonly status: 'running' | 'paused' | 'cancelling' | 'done' | 'cancelled' | 'failed'
  readonly label: string
  /** Moved on by every pause, so that what has passed since is the time of work. */
  readonly startedAt: number
  /** While the run is paused: since when. */
  readonly pausedAt: number | null
  readonly endedAt: number | null
  readonly phase: {
    readonly phase: Phase
    readonly done: number
    readonly total: number
    readonly label: string
  } | null
  readonly modules: Growing<ModuleRecord>
  /** The last learning there was: of the layer at work, or of the one before it. */
  readonly training: LiveTraining | null
  /** Of the block at work; null when it is done. */
  readonly reconstruction: LiveReconstruction | null
  /** Blocks finished, of how many; 0 of 0 before the engine has said. */
  readonly layersDone: number
  readonly layers: number
  readonly secondsLeft: number | null
  readonly gpuBytes: number | null
  readonly warnings: Growing<string>
  /** Blocks that were there when the run was taken up again. */
  readonly kept: number
  /** Milliseconds that the device or the browser slept meanwhile. */
  readonly slept: number
  /** Why the run waits, where it does not because the person wants it to. */
  readonly refused: string | null
}

export interface LiveTraining {
  readonly name: string
  /** Steps there will be. */
  readonly steps: number
  readonly training: TrainingRecord
}

export interface LiveReconstruction {
  readonly layer: number
  /** Steps there will be. */
  readonly steps: number
  readonly reconstruction: ReconstructionRecord
}

export const newRun = (label: string, layers: number, now: number): RunState => ({
  status: 'running',
  label,
  startedAt: now,
  pausedAt: null,
  endedAt: null,
  phase: null,
  modules: Growing.of(),
  training: null,
  reconstruction: null,
  layersDone: 0,
  layers,
  secondsLeft: null,
  gpuBytes: null,
  warnings: Growing.of(),
  kept: 0,
  slept: 0,
  refused: null,
})

/** Several lines of progress at once: one new state for the whole batch, at a cost that what came before does not add to. */
export function foldProgress(run: RunState, batch: readonly Progress[]): RunState {
  if (batch.length === 0) return run
  let next: RunState = run
  const modules: ModuleRecord[] = []
  const warnings: string[] = []
  for (const progress of batch) {
    switch (progress.type) {
      case 'phase':
        next = { ...next, phase: progress }
        break
      case 'module':
        modules.push(progress.module)
        break
      case 'training': {
        const { name, steps, training } = progress
        next = { ...next, training: { name, steps, training } }
        break
      }
      case 'reconstruction': {
        const { layer, steps, reconstruction } = progress
        next = { ...next, reconstruction: { layer, steps, reconstruction } }
        break
      }
      case 'block': {
        const { layer, layers, secondsLeft, gpuBytes } = progress
        next = { ...next, layersDone: layer + 1, layers, secondsLeft, gpuBytes, reconstruction: null }
        break
      }
      case 'resumed':
        next = { ...next, kept: progress.blocks, layers: progress.layers }
        break
      case 'refused':
        next = { ...next, refused: progress.text }
        break
      case 'warning':
        warnings.push(progress.text)
        break
    }
  }
  return { ...next, modules: withFinished(run.modules, modules), warnings: run.warnings.add(warnings) }
}

/** The list with these modules; a block that is made again tells of its modules again, and they take their own places. */
function withFinished(before: Growing<ModuleRecord>, modules: readonly ModuleRecord[]): Growing<ModuleRecord> {
  const latest = new Map(modules.map((module) => [module.name, module]))
  const fresh = [...latest.values()].filter(({ name }) => !moduleNamed(before, name))
  if (fresh.length === latest.size) return before.add(fresh)
  return Growing.of([...before].map((module) => latest.get(module.name) ?? module)).add(fresh)
}

/** The run as it waits from now on; one that does not run stays as it is. */
export const paused = (run: RunState, now: number): RunState =>
  run.status === 'running' ? { ...run, status: 'paused', pausedAt: now } : run

/** The run as it goes on, or as it ends: what it waited until now was no time of work. */
export function resumed(run: RunState, now: number): RunState {
  if (run.pausedAt === null) return run
  return { ...run, status: 'running', startedAt: run.startedAt + now - run.pausedAt, pausedAt: null, refused: null }
}

/** The run after a sleep, which was no time of work; one that waits is not at work anyway. */
export const slept = (run: RunState, ms: number): RunState =>
  run.status === 'paused' ? run : { ...run, slept: run.slept + ms, startedAt: run.startedAt + ms }

/** Seconds of work so far, or in all. */
export const elapsedSeconds = ({ startedAt, pausedAt, endedAt }: RunState, now: number): number =>
  Math.max(0, ((endedAt ?? pausedAt ?? now) - startedAt) / 1000)

/** The run of a report: what a finished run, or one that was opened from a packed file, shows. */
export const runOfReport = (report: RunReport, label: string, startedAt: number, endedAt: number): RunState => ({
  ...newRun(label, 0, startedAt),
  status: 'done',
  endedAt,
  modules: Growing.of(report.modules),
  layersDone: new Set(report.modules.map((module) => module.layer)).size,
  layers: new Set(report.modules.map((module) => module.layer)).size,
  gpuBytes: report.peakGpuBytes,
  warnings: Growing.of(report.warnings),
})

/**
 * Share of the whole run that is done, from finished modules; blocks count where modules are unknown. The modules of a
 * block that is reconstructed are finished together: until then its steps count for them.
 */
export function overallShare(run: RunState, planned: number): number {
  if (run.status === 'done') return 1
  if (planned === 0) return run.layers > 0 ? run.layersDone / run.layers : 0
  return Math.min(1, (run.modules.length + pendingModules(run, planned)) / planned)
}

function pendingModules({ reconstruction: live, modules, layers }: RunState, planned: number): number {
  if (!live || layers === 0) return 0
  const share = Math.min(1, (live.reconstruction.step.at(-1) ?? 0) / Math.max(1, live.steps))
  let finished = 0
  while (modules.at(modules.length - 1 - finished)?.layer === live.layer) finished++
  return Math.max(0, (share * planned) / layers - finished)
}

/** Share of a run from which its time so far tells what is left. */
const TELLING = 0.02

/** Seconds left: while a block is reconstructed, by how far it has come; else what the last finished block foretold. */
export function secondsLeft(run: RunState, planned: number, elapsed: number): number | null {
  const share = overallShare(run, planned)
  if (run.reconstruction && share >= TELLING) return (elapsed * (1 - share)) / share
  return run.secondsLeft
}

/** The module at work: layers are quantized in the order of the plan, so it is the first that is not there yet. */
export function runningModule(run: RunState | null, plan: readonly PlannedModule[]): string | null {
  if (run?.status !== 'running' && run?.status !== 'paused') return null
  return firstUnfinished(run.modules, plan)?.name ?? null
}

/**
 * Collects what arrives and hands it on at most every `ms`, the rest at `flush`: the worker may report thousands of
 * times a second, the page repaints ten times.
 */
export function batched<T>(ms: number, deliver: (batch: T[]) => void): { push(item: T): void; flush(): void } {
  let waiting: T[] = []
  let timer: ReturnType<typeof setTimeout> | undefined
  const flush = () => {
    clearTimeout(timer)
    timer = undefined
    if (waiting.length === 0) return
    const batch = waiting
    waiting = []
    deliver(batch)
  }
  return {
    push(item) {
      waiting.push(item)
      timer ??= setTimeout(flush, ms)
    },
    flush,
  }
}
