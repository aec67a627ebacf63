import { useEffect, useRef } from 'react'
import { roughly } from '../../duration'
import type { ModuleRecord, RunReport } from '../../records'
import { Growing } from '../../state/growing'
import {
  elapsedSeconds,
  type LiveReconstruction,
  type LiveTraining,
  overallShare,
  type RunState,
  runningModule,
  secondsLeft,
} from '../../state/progress'
import { recipeProblems, targetWidth } from '../../state/recipe'
import { FailureNote, Warnings } from '../FailureNote'
import { formatBytes, formatDuration, formatPercent } from '../format'
import { Glance } from '../Glance'
import { ModuleTable } from '../ModuleTable'
import { NotifyOffer } from '../NotifyField'
import { ProgressLine } from '../ProgressLine'
import { ReconstructionChart } from '../ReconstructionChart'
import { RunsTable } from '../RunsTable'
import { Step } from '../Step'
import { savePicture } from '../save'
import { useStudio, useStudioState } from '../studio-context'
import { TrainingChart } from '../TrainingChart'
import { useNow } from '../use-now'
import { ofAll } from '../words/counts'
import { runWords as words } from '../words/run'
import { sleepWords } from '../words/sleep'
import { waits } from '../words/steps'

export function RunStep() {
  const studio = useStudio()
  const model = useStudioState((state) => state.model)
  const run = useStudioState((state) => state.run)
  const selected = useStudioState((state) => state.selected)
  // the last run stays in view until the text for the next is there
  const starting = useStudioState(({ busy, run }) => busy === 'run' && run?.endedAt !== null)
  if (!model) return <Step id="run" waitsFor={waits.run} />
  return (
    <Step id="run" status={starting ? words.starting : run && words.status[run.status]} side={<RunSide />}>
      {run && <Warnings warnings={run.warnings} label={words.warnings} />}
      {run?.status === 'done' && <Glance />}
      <ModuleTable
        plan={model.plan}
        modules={run?.modules ?? NO_MODULES}
        selected={selected}
        running={runningModule(run, model.plan)}
        onSelect={studio.select}
      />
      {run?.training && run.endedAt === null && <Learning training={run.training} />}
      {run?.reconstruction && run.endedAt === null && <Reconstructing live={run.reconstruction} />}
      <RunsTable />
    </Step>
  )
}

const NO_MODULES = Growing.of<ModuleRecord>()

/** The allocator at work, step by step. */
function Learning({ training: { name, steps, training } }: { training: LiveTraining }) {
  const studio = useStudio()
  const target = useStudioState((state) => targetWidth(state.recipe ?? undefined))
  return (
    <TrainingChart
      live
      {...{ name, steps, training, target }}
      onPicture={savePicture(`${studio.baseName()}-${name}-training`)}
    />
  )
}

/** The block at work, step by step. */
function Reconstructing({ live: { layer, steps, reconstruction } }: { live: LiveReconstruction }) {
  const studio = useStudio()
  return (
    <ReconstructionChart
      live
      {...{ layer, steps, reconstruction }}
      onPicture={savePicture(`${studio.baseName()}-block-${layer + 1}-reconstruction`)}
    />
  )
}

function RunSide() {
  const run = useStudioState((state) => state.run)
  const model = useStudioState((state) => state.model)!
  const result = useStudioState((state) => state.result)
  return (
    <>
      <RunButtons />
      <SweepProgress />
      {run && <RunProgress run={run} planned={model.plan.length} />}
      {result && run?.status === 'done' && (
        <dl className="facts">
          <dt>{words.calibrated}</dt>
          <dd>{calibrationOf(result.report)}</dd>
          <dt>{words.device}</dt>
          <dd>{result.report.device.name}</dd>
        </dl>
      )}
    </>
  )
}

function calibrationOf({ recipe: { calibration }, calibrationDigest }: RunReport): string {
  if (calibrationDigest === null) return words.nothing
  return words.tokensOf(calibration.samples * calibration.length, calibration.text)
}

function RunButtons() {
  const studio = useStudio()
  const running = useStudioState((state) => state.busy === 'run')
  const sweeping = useStudioState((state) => state.sweep !== null)
  const status = useStudioState((state) => state.run?.status)
  const refused = useStudioState((state) => state.run?.refused)
  /** Not while the text is still fetched, and the last run is the one that is known. */
  const stoppable = running && (status === 'running' || status === 'paused')
  const obstacle = useObstacle()
  const start = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    if (!running) return
    start.current?.closest('section')?.scrollIntoView({ block: 'start' })
  }, [running])
  return (
    <>
      <div className="row">
        <button
          ref={start}
          type="button"
          className="primary"
          disabled={obstacle !== null || running || sweeping}
          onClick={() => void studio.run()}
        >
          {words.quantize}
        </button>
        <button
          type="button"
          disabled={!stoppable}
          onClick={() => void (status === 'paused' ? studio.resume() : studio.pause())}
        >
          {status === 'paused' ? words.resume : words.pause}
        </button>
        <button type="button" disabled={!stoppable} onClick={() => void studio.cancel()}>
          {words.cancel}
        </button>
      </div>
      {running && status === 'paused' && !refused && (
        <p className="field-help" role="status">
          {words.paused}
        </p>
      )}
      {running && refused && (
        <FailureNote failure={{ family: 'StorageError', heading: words.noRoom, message: refused }} />
      )}
      {obstacle && !running && <p className="quiet small">{obstacle}</p>}
    </>
  )
}

/** How far a comparison of an option's values has come. */
function SweepProgress() {
  const sweep = useStudioState((state) => state.sweep)
  if (!sweep) return null
  const { label, values, at } = sweep
  return (
    <ProgressLine
      label={words.sweep(label, values[at] ?? '')}
      detail={ofAll(at + 1, values.length)}
      share={at / values.length}
    />
  )
}

/** Why a run cannot start now; null when it can. */
function useObstacle(): string | null {
  const { engine, model, recipe, methods, busy, forecast } = useStudioState((state) => state)
  if (model && model.inspection.bits !== null) return words.obstacles.quantized
  if (model && model.inspection.problems.length > 0) return words.obstacles.cannotRun
  if (engine.status !== 'ready') return engine.status === 'absent' ? words.obstacles.noGpu : words.obstacles.starting
  const method = methods.find((candidate) => candidate.id === recipe?.method)
  if (!recipe || !method) return words.obstacles.noRecipe
  if (Object.keys(recipeProblems(recipe, method)).length > 0) return words.obstacles.problem
  if (forecast && forecast.problems.length > 0) return forecast.problems.join(' ')
  if (busy === 'benchmark') return words.obstacles.benchmark
  return busy && busy !== 'run' ? words.obstacles.busy : null
}

/** What of the run is at work: the block that learns, else the phase. */
function partAtWork({ phase, reconstruction: live, layers }: RunState) {
  if (live) {
    const done = live.reconstruction.step.at(-1) ?? 0
    return { label: words.reconstructing(live.layer + 1, layers), done, total: live.steps }
  }
  return phase && { ...phase, label: phase.label ? `${phase.phase}: ${phase.label}` : phase.phase }
}

function RunProgress({ run, planned }: { run: RunState; planned: number }) {
  const running = run.endedAt === null
  const paused = run.status === 'paused'
  const now = useNow(running && !paused)
  const share = overallShare(run, planned)
  const elapsed = elapsedSeconds(run, now)
  const left = secondsLeft(run, planned, elapsed)
  const part = partAtWork(run)
  return (
    <>
      <ProgressLine
        label={words.block(run.label, run.layersDone, run.layers)}
        detail={formatPercent(share)}
        share={share}
      />
      {running && part && (
        <ProgressLine
          label={part.label}
          detail={part.total > 0 ? ofAll(part.done, part.total) : ''}
          share={part.total > 0 ? part.done / part.total : null}
        />
      )}
      {running && <NotifyOffer />}
      <dl className="facts">
        {run.kept > 0 && (
          <>
            <dt>{words.wentOn}</dt>
            <dd>{words.blocks(run.kept, run.layers)}</dd>
          </>
        )}
        {elapsed > 0 && (
          <>
            <dt>{running ? words.elapsed : words.took}</dt>
            <dd>{formatDuration(elapsed)}</dd>
          </>
        )}
        {run.slept > 0 && (
          <>
            <dt>{sleepWords.term}</dt>
            <dd title={sleepWords.help}>{sleepWords.told(run.slept / 1000)}</dd>
          </>
        )}
        {running && (
          <>
            <dt>{words.left}</dt>
            <dd>{left === null ? words.unknown : left > 0 ? roughly(left) : words.noneLeft}</dd>
          </>
        )}
        <dt>{words.memory}</dt>
        <dd>{run.gpuBytes === null ? words.unknown : formatBytes(run.gpuBytes)}</dd>
      </dl>
    </>
  )
}
