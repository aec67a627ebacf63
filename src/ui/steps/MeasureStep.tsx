import { evaluationOf } from '../../state/evaluation'
import { hasOriginal } from '../../state/measuring'
import { Divergence } from '../Divergence'
import { CheckField, ChoiceField, NumberField } from '../fields'
import { Generation } from '../Generation'
import { MeasureTable } from '../MeasureTable'
import { ProgressLine } from '../ProgressLine'
import { SensitivityScan } from '../SensitivityScan'
import { Step } from '../Step'
import { useStudio, useStudioState } from '../studio-context'
import { TextField } from '../TextField'
import { TradeOffChart } from '../TradeOffChart'
import { ZeroShot } from '../ZeroShot'
import '../measure.css'
import { measureWords as words } from '../words/measure'

const PROTOCOLS = [
  { value: 'windows', label: words.protocols.windows },
  { value: 'llama.cpp', label: words.protocols['llama.cpp'] },
]

export function MeasureStep() {
  const model = useStudioState((state) => state.model)
  if (!model) return null
  return (
    <Step id="measure" side={<PerplexityForm />}>
      <MeasureTable />
      <Divergence />
      <TradeOffChart />
      <ZeroShot />
      <SensitivityScan />
      <Generation />
    </Step>
  )
}

function PerplexityForm() {
  const studio = useStudio()
  const evaluation = useStudioState((state) => state.evaluation)
  const catalog = useStudioState((state) => state.catalog)
  const engine = useStudioState((state) => state.engine)
  const busy = useStudioState((state) => state.busy)
  const work = useStudioState((state) => state.work)
  const kind = useStudioState((state) => state.model!.inspection.kind)
  const alive = useStudioState((state) => state.result?.alive === true)
  const sweeping = useStudioState((state) => state.sweep !== null)
  const { text, options, maxTokens, stored, problems, ready } = evaluationOf({ evaluation, catalog, engine })
  const measuring = busy === 'measure' || busy === 'compare'
  const both = hasOriginal(kind) && alive
  return (
    <>
      <TextField
        label={words.text}
        use="evaluation"
        value={text}
        disabled={measuring}
        onChange={(chosen) => studio.setEvaluation({ text: chosen })}
      />
      <ChoiceField
        label={words.protocol}
        value={evaluation.family}
        choices={PROTOCOLS}
        help={words.protocolHelp[evaluation.family]}
        disabled={measuring}
        onChange={(family) => studio.setEvaluation({ family })}
      />
      <NumberField
        label={words.window}
        value={evaluation.length}
        min={4}
        max={131072}
        step={1}
        problem={problems.length ?? undefined}
        disabled={measuring}
        onChange={(length) => studio.setEvaluation({ length })}
      />
      <NumberField
        label={words.tokens}
        value={maxTokens}
        min={0}
        max={1e9}
        step={1}
        problem={problems.tokens ?? undefined}
        help={words.tokensHelp}
        disabled={measuring}
        onChange={(tokens) => studio.setEvaluation({ maxTokens: tokens })}
      />
      {alive && (
        <CheckField
          label={words.stored}
          value={stored}
          help={words.storedHelp}
          disabled={measuring || busy === 'score' || busy === 'scan'}
          onChange={(chosen) => studio.setEvaluation({ stored: chosen })}
        />
      )}
      <div className="row">
        <button
          type="button"
          className="primary"
          disabled={busy !== null || sweeping || engine.status !== 'ready' || !ready}
          onClick={() => void studio.measure(text, options)}
        >
          {both ? words.measureBoth : words.measureOne}
        </button>
        {both && (
          <button
            type="button"
            title={words.compareTitle}
            disabled={busy !== null || sweeping || engine.status !== 'ready' || !ready}
            onClick={() => void studio.measureDivergence(text, options)}
          >
            {words.compare}
          </button>
        )}
        {measuring && (
          <button type="button" onClick={() => void studio.cancel()}>
            {words.cancel}
          </button>
        )}
      </div>
      {hasOriginal(kind) && !alive && <p className="quiet small">{words.original}</p>}
      {measuring && work && (
        <ProgressLine
          label={work.label}
          detail={work.total > 0 ? words.progress(work.done, work.total) : ''}
          share={work.total > 0 ? work.done / work.total : null}
        />
      )}
    </>
  )
}
