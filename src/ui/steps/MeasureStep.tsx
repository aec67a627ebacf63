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

const PROTOCOLS = [
  { value: 'windows', label: 'windows' },
  { value: 'llama.cpp', label: 'llama.cpp' },
]

const PROTOCOL_HELP: Record<string, string> = {
  windows: 'Whole text without BOS, disjoint windows, tail dropped, every token but the first of a window scored.',
  'llama.cpp': 'With BOS, first token of a window replaced by it, only the second half of a window scored.',
}

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
        label="Evaluation text"
        use="evaluation"
        value={text}
        disabled={measuring}
        onChange={(chosen) => studio.setEvaluation({ text: chosen })}
      />
      <ChoiceField
        label="Protocol"
        value={evaluation.family}
        choices={PROTOCOLS}
        help={PROTOCOL_HELP[evaluation.family]}
        disabled={measuring}
        onChange={(family) => studio.setEvaluation({ family })}
      />
      <NumberField
        label="Window, tokens"
        value={evaluation.length}
        min={4}
        max={131072}
        step={1}
        problem={problems.length ?? undefined}
        disabled={measuring}
        onChange={(length) => studio.setEvaluation({ length })}
      />
      <NumberField
        label="First tokens of the text"
        value={maxTokens}
        min={0}
        max={1e9}
        step={1}
        problem={problems.tokens ?? undefined}
        help="Only windows inside them; 0 for the whole text."
        disabled={measuring}
        onChange={(tokens) => studio.setEvaluation({ maxTokens: tokens })}
      />
      {alive && (
        <CheckField
          label="Multiply codes as they are stored"
          value={stored}
          help="Of the quantized model, for tasks too. Off: every block is dequantized first; both agree to 0.1 %."
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
          {both ? 'Measure before and after' : 'Measure perplexity'}
        </button>
        {both && (
          <button
            type="button"
            title="KL divergence, top-1 agreement and both perplexities on the same tokens"
            disabled={busy !== null || sweeping || engine.status !== 'ready' || !ready}
            onClick={() => void studio.measureDivergence(text, options)}
          >
            Compare with the original
          </button>
        )}
        {measuring && (
          <button type="button" onClick={() => void studio.cancel()}>
            Cancel
          </button>
        )}
      </div>
      {hasOriginal(kind) && !alive && <p className="quiet small">Nothing quantized yet: this measures the original.</p>}
      {measuring && work && (
        <ProgressLine
          label={work.label}
          detail={work.total > 0 ? `${work.done} of ${work.total}` : ''}
          share={work.total > 0 ? work.done / work.total : null}
        />
      )}
    </>
  )
}
