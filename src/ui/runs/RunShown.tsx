import { useEffect, useMemo, useState } from 'react'
import type { ArchivedRun } from '../../archived-run'
import { recipeLabel } from '../../state/recipe'
import type { Measure } from '../../state/store'
import type { ListedRun } from '../../workers/archive-api'
import { BitsBar } from '../BitsBar'
import { Warnings } from '../FailureNote'
import { ChoiceField } from '../fields'
import { formatBytes, formatCount, formatDuration } from '../format'
import { ModelMap } from '../ModelMap'
import { MEASURES, tellingMeasure, tellingMeasures } from '../maps/measure'
import { savePicture } from '../save'
import { useStudio, useStudioState } from '../studio-context'
import { runsWords } from '../words/runs'
import { finishedText } from './cells'
import { Learned } from './Learned'
import { Measured } from './Measured'
import { Remarks } from './Remarks'
import { RunAgain } from './RunAgain'

/** One kept run: what it was and where, what came of it, and what can be done with it. */
export function RunShown() {
  const studio = useStudio()
  const shown = useStudioState((state) => state.archive.shown)
  const run = useStudioState((state) => state.archive.runs.find(({ id }) => id === shown))
  const record = useRecord(run)
  if (!run) return null
  return (
    <section className="step" aria-labelledby="title-run-shown">
      <div className="step-side">
        <div className="step-head">
          <h2 id="title-run-shown">{runsWords.run(run.number)}</h2>
          <button type="button" className="plain" onClick={() => studio.showRun(null)}>
            {runsWords.close}
          </button>
        </div>
        <p>
          {run.model.name}, {recipeLabel(run.recipe)}
        </p>
        <Remarks run={run} />
        <PackedResult run={run} />
        <RunAgain run={run} />
        <div className="row">
          <button type="button" onClick={() => void studio.exportRuns([run.id])}>
            {runsWords.exportOne}
          </button>
          <button type="button" onClick={() => void studio.removeRuns('runs', [run.id])}>
            {runsWords.deleteOne}
          </button>
        </div>
      </div>
      <div className="step-main">
        {record && <Warnings warnings={record.body.warnings} label={runsWords.warnings} />}
        <div className="run-facts">
          <BitsBar title={runsWords.metric.bits} bits={run.bits} />
          <Facts run={run} record={record} />
        </div>
        <Measured run={run} record={record} />
        {record && <KeptMap key={run.id} record={record} />}
      </div>
    </section>
  )
}

/** The whole record, read when it is first looked at and again after it changed. */
export function useRecord(run: ListedRun | undefined): ArchivedRun | null {
  const studio = useStudio()
  const id = run?.id
  const record = useStudioState((state) => (id === undefined ? undefined : state.archive.read.get(id)))
  useEffect(() => {
    if (id !== undefined && !record) void studio.readRun(id)
  }, [studio, id, record])
  return record ?? null
}

function Facts({ run, record }: { run: ListedRun; record: ArchivedRun | null }) {
  const { facts } = runsWords
  const { calibration, seed } = run.recipe
  const digest = record?.body.calibrationDigest
  const resumed = record?.body.resumed ?? 0
  const lines: (readonly [string, string])[] = [
    [facts.model, `${run.model.name}, ${formatCount(run.model.parameters)}, ${formatBytes(run.model.bytes)}`],
    [facts.digest, run.model.digest?.slice(0, 16) ?? runsWords.unknown],
    [
      facts.calibrated,
      digest === null
        ? runsWords.nothing
        : runsWords.tokensOf(calibration.samples * calibration.length, calibration.text),
    ],
    ...(digest ? [[facts.textDigest, digest.slice(0, 16)] as const] : []),
    [facts.seed, String(seed)],
    [facts.finished, finishedText(run.made)],
    [facts.took, formatDuration(run.seconds)],
    ...(resumed > 0 ? [[facts.resumed, runsWords.times(resumed)] as const] : []),
    ...(record ? [[facts.memory, formatBytes(record.body.peakGpuBytes)] as const] : []),
    [facts.device, run.device.name],
    [facts.browser, run.browser],
    [facts.bitloom, run.bitloom],
  ]
  return (
    <dl className="facts">
      {lines.map(([title, text]) => (
        <div key={title} className="fact">
          <dt>{title}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  )
}

/** The codes, where they are still here. */
function PackedResult({ run }: { run: ListedRun }) {
  const studio = useStudio()
  const { result } = run
  const current = useStudioState((state) => state.result?.alive === true && state.result.run === run.number)
  const folder = useStudioState((state) => state.kept.find(({ id }) => id === result?.folder))
  const busy = useStudioState((state) => state.busy !== null)
  const here = result !== null && (current || folder !== undefined)
  const open = () =>
    void studio.reopenResult(run.id).then((there) => {
      if (there) location.hash = '#step-look'
    })
  return (
    <section className="stack" aria-label={runsWords.result}>
      <h3>
        {runsWords.result}{' '}
        {here && (
          <span className="quiet plain-weight">
            {result.kept ? runsWords.resultKept(result.bytes) : runsWords.resultUntil(result.bytes)}
          </span>
        )}
      </h3>
      {!here && <p className="quiet small">{runsWords.resultGone}</p>}
      {here && folder?.held && !current && <p className="quiet small">{runsWords.resultHeld}</p>}
      {here && (
        <div className="row">
          <button type="button" disabled={busy || (folder?.held === true && !current)} onClick={open}>
            {current ? runsWords.toStudio : runsWords.reopen}
          </button>
          {result.kept ? (
            <button type="button" onClick={() => void studio.keepResult(run.id, false)}>
              {runsWords.dropResult}
            </button>
          ) : (
            <button type="button" onClick={() => void studio.keepResult(run.id, true)}>
              {runsWords.keepResult}
            </button>
          )}
        </div>
      )}
    </section>
  )
}

function KeptMap({ record }: { record: ArchivedRun }) {
  const { modules } = record.body
  const [measure, setMeasure] = useState<Measure>(() => tellingMeasure(modules))
  const [selected, select] = useState<string | null>(null)
  const choices = useMemo(
    () => tellingMeasures(modules).map(({ id, title }) => ({ value: id, label: title })),
    [modules],
  )
  const { number } = record.head
  return (
    <>
      <div className="run-measure">
        <ChoiceField label={runsWords.colour} value={measure} choices={choices} onChange={setMeasure} />
      </div>
      <ModelMap
        title={`${runsWords.run(number)}: ${runsWords.map.toLowerCase()}`}
        plan={modules}
        modules={modules}
        view={MEASURES[measure]}
        selected={selected}
        running={null}
        onSelect={select}
        onPicture={savePicture(`run-${number}-model-map`)}
      />
      <Learned modules={modules} selected={selected} number={number} />
    </>
  )
}
