import { useState } from 'react'
import { protocolProblem } from '../../state/measurements'
import { ChoiceField, NumberField } from '../fields'
import { Generation } from '../Generation'
import { MeasureTable } from '../MeasureTable'
import { ProgressLine } from '../ProgressLine'
import { Step } from '../Step'
import { useStudio, useStudioState } from '../studio-context'
import { TextField } from '../TextField'
import '../measure.css'

const PROTOCOLS = [
  { value: 'windows', label: 'windows' },
  { value: 'llama.cpp', label: 'llama.cpp' },
]

const PROTOCOL_HELP: Record<string, string> = {
  windows: 'Whole text without BOS, disjoint windows, tail dropped, every token but the first of a window scored.',
  'llama.cpp': 'With BOS, first token of a window replaced by it, only the second half of a window scored.',
}

/** Tokens for a first number: a few seconds' worth on a GPU, and not minutes on a software one. */
const MANY_TOKENS = 16_384
const FEW_TOKENS = 2048

export function MeasureStep() {
  const model = useStudioState((state) => state.model)
  if (!model)
    return (
      <Step
        id="measure"
        waitsFor="Waits for a model. Perplexity before and after under a named protocol, and both models side by side."
      />
    )
  return (
    <Step id="measure" side={<PerplexityForm />}>
      <MeasureTable />
      <Generation />
    </Step>
  )
}

function PerplexityForm() {
  const studio = useStudio()
  const texts = useStudioState((state) => state.catalog.texts)
  const engine = useStudioState((state) => state.engine.status)
  const busy = useStudioState((state) => state.busy)
  const work = useStudioState((state) => state.work)
  const kind = useStudioState((state) => state.model!.inspection.kind)
  const alive = useStudioState((state) => state.result?.alive === true)
  const [chosenText, setText] = useState<string | null>(null)
  const [family, setFamily] = useState('windows')
  const [length, setLength] = useState(256)
  const software = useStudioState((state) => state.engine.status === 'ready' && state.engine.gpu.software)
  const [chosenTokens, setMaxTokens] = useState<number | null>(null)
  const maxTokens = chosenTokens ?? (software ? FEW_TOKENS : MANY_TOKENS)
  const text = chosenText ?? texts.find((candidate) => candidate.use === 'evaluation')?.name ?? ''
  const protocol = `${family}:${length}`
  const problem = protocolProblem(protocol)
  const measuring = busy === 'measure'
  const tokens = Number.isInteger(maxTokens) && maxTokens >= 0
  const both = kind === 'hf-checkpoint' && alive
  return (
    <>
      <TextField label="Evaluation text" use="evaluation" value={text} disabled={measuring} onChange={setText} />
      <ChoiceField
        label="Protocol"
        value={family}
        choices={PROTOCOLS}
        help={PROTOCOL_HELP[family]}
        disabled={measuring}
        onChange={setFamily}
      />
      <NumberField
        label="Window, tokens"
        value={length}
        min={4}
        max={131072}
        step={1}
        problem={problem ?? undefined}
        disabled={measuring}
        onChange={setLength}
      />
      <NumberField
        label="First tokens of the text"
        value={maxTokens}
        min={0}
        max={1e9}
        step={1}
        problem={tokens ? undefined : 'expected a whole number; 0 for the whole text'}
        help="Only windows inside them; 0 for the whole text."
        disabled={measuring}
        onChange={setMaxTokens}
      />
      <div className="row">
        <button
          type="button"
          className="primary"
          disabled={busy !== null || engine !== 'ready' || problem !== null || !tokens || !text}
          onClick={() => void studio.measure(text, { protocol, maxTokens: maxTokens === 0 ? null : maxTokens })}
        >
          {both ? 'Measure before and after' : 'Measure perplexity'}
        </button>
        {measuring && (
          <button type="button" onClick={() => void studio.cancel()}>
            Cancel
          </button>
        )}
      </div>
      {kind === 'hf-checkpoint' && !alive && (
        <p className="quiet small">Nothing quantized yet: this measures the original.</p>
      )}
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
