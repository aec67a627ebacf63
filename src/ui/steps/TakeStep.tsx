import { useMemo, useState } from 'react'
import type { GgufSummary } from '../../records'
import { reportBytes } from '../../state/documents'
import { fp16Bytes, packedBytes } from '../../state/modules'
import { recipeJson } from '../../state/recipe'
import type { Result } from '../../state/store'
import { ChoiceField } from '../fields'
import { formatBytes, formatPercent } from '../format'
import { ProgressLine } from '../ProgressLine'
import { Step } from '../Step'
import { useStudio, useStudioState } from '../studio-context'
import '../take.css'

export function TakeStep() {
  const result = useStudioState((state) => state.result)
  const model = useStudioState((state) => state.model)
  if (!result || !model)
    return (
      <Step
        id="take"
        waitsFor="Waits for a finished run. The packed file, a GGUF file, an fp16 folder, the recipe and the report."
      />
    )
  return (
    <Step id="take" status={result.alive ? null : 'quantized model lost with the engine'}>
      <Files result={result} />
      <Saving />
    </Step>
  )
}

function Files({ result }: { result: Result }) {
  const studio = useStudio()
  const busy = useStudioState((state) => state.busy !== null)
  const { report, alive } = result
  const inspection = useStudioState((state) => state.model!.inspection)
  const packed = inspection.kind === 'bitloom' ? inspection.bytes : null
  const sizes = useMemo(
    () => ({
      packed: packed ?? packedBytes(report.modules, inspection),
      fp16: fp16Bytes(report.model.parameters, inspection),
      recipe: recipeJson(report.recipe).length,
      report: reportBytes(report),
    }),
    [report, inspection, packed],
  )
  return (
    <ul className="take">
      <Item
        title="Packed file"
        note="One .safetensors with codes, scales, config and tokenizer inside. Drop it here alone to open it again."
        size={`${packed === null ? 'about ' : ''}${formatBytes(sizes.packed)}`}
        share={formatPercent(sizes.packed / report.model.bytes)}
        action="Save packed file"
        primary
        disabled={busy || !alive}
        onSave={studio.download.bind(null, 'packed')}
      />
      <GgufItem result={result} disabled={busy || !alive} />
      <Item
        title="fp16 folder"
        note="A zip of the dequantized HF folder: loads everywhere, saves no space. For measuring elsewhere."
        size={`about ${formatBytes(sizes.fp16)}`}
        share={formatPercent(sizes.fp16 / report.model.bytes)}
        action="Save fp16 folder"
        disabled={busy || !alive}
        onSave={studio.download.bind(null, 'fp16')}
      />
      <Item
        title="Recipe"
        note="Everything that decides the result, as JSON. Load it under Recipe to get the same codes again."
        size={formatBytes(sizes.recipe)}
        action="Save recipe as JSON"
        onSave={studio.saveResultRecipe}
      />
      <Item
        title="Report"
        note="Bits, errors, damping and seconds of every module with its column lanes, as JSON."
        size={`about ${formatBytes(sizes.report)}`}
        action="Save report as JSON"
        onSave={studio.saveReport}
      />
    </ul>
  )
}

type Rest = 'F16' | 'Q8_0'
const RESTS = [
  { value: 'F16', label: 'F16' },
  { value: 'Q8_0', label: 'Q8_0' },
] as const

function GgufItem({ result, disabled }: { result: Result; disabled: boolean }) {
  const studio = useStudio()
  const [rest, setRest] = useState<Rest>('F16')
  const { gguf } = result
  return (
    <li>
      <div>
        <h3>GGUF file</h3>
        <p className="quiet small">
          One .gguf for llama.cpp and what is built on it: every matrix in the smallest type that holds its codes as
          they are, or as float16 where there is none.
        </p>
        {gguf?.bits && <GgufNote {...gguf} />}
        <ChoiceField<Rest>
          label="Embedding and head"
          value={rest}
          choices={RESTS}
          onChange={setRest}
          disabled={disabled}
        />
      </div>
      <span className="take-size">
        {gguf ? formatBytes(gguf.bytes) : ''}
        {gguf && (
          <span className="quiet small">{formatPercent(gguf.bytes / result.report.model.bytes)} of the original</span>
        )}
      </span>
      <button type="button" disabled={disabled} onClick={() => void studio.download({ gguf: rest })}>
        Save GGUF file
      </button>
    </li>
  )
}

/** What the last file saved holds. */
function GgufNote({ bits, modules, rest }: GgufSummary) {
  const counts = new Map<string, number>()
  for (const { type } of modules) counts.set(type, (counts.get(type) ?? 0) + 1)
  const types = [...counts].map(([type, count]) => `${count} × ${type}`).join(', ')
  const simulated = modules.filter(({ exact }) => !exact).length
  return (
    <p className="small" role="status">
      {bits && `${bits.stored.toFixed(3)} bits a weight stored, ${bits.effective.toFixed(3)} effective: `}
      {types}; the rest {rest}.
      {simulated > 0 && ` Simulated: ${simulated} of ${modules.length} are float16, no type holds their codes.`}
    </p>
  )
}

interface ItemProps {
  readonly title: string
  readonly note: string
  readonly size: string
  /** Of the original's bytes. */
  readonly share?: string
  readonly action: string
  readonly primary?: boolean
  readonly disabled?: boolean
  readonly onSave: () => Promise<unknown>
}

function Item({ title, note, size, share, action, primary, disabled, onSave }: ItemProps) {
  return (
    <li>
      <div>
        <h3>{title}</h3>
        <p className="quiet small">{note}</p>
      </div>
      <span className="take-size">
        {size}
        {share && <span className="quiet small">{share} of the original</span>}
      </span>
      <button type="button" className={primary ? 'primary' : ''} disabled={disabled} onClick={() => void onSave()}>
        {action}
      </button>
    </li>
  )
}

function Saving() {
  const work = useStudioState((state) => (state.busy === 'save' ? state.work : null))
  if (!work) return null
  return (
    <ProgressLine
      label={`Saving ${work.label.toLowerCase()}`}
      detail={work.total > 0 ? `${formatBytes(work.done)} of ${formatBytes(work.total)}` : formatBytes(work.done)}
      share={work.total > 0 ? work.done / work.total : null}
    />
  )
}
