import { useMemo } from 'react'
import { reportBytes } from '../../state/documents'
import { fp16Bytes, packedBytes } from '../../state/modules'
import { recipeJson } from '../../state/recipe'
import type { Result } from '../../state/store'
import { formatBytes, formatPercent } from '../format'
import { HubPush } from '../HubPush'
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
        waitsFor="Waits for a finished run. The packed file, an fp16 folder, the recipe and the report."
      />
    )
  return (
    <Step id="take" status={result.alive ? null : 'quantized model lost with the engine'}>
      <Files result={result} />
      <HubPush alive={result.alive} />
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
      label={work.phase ? `Saving ${work.label.toLowerCase()}` : work.label}
      detail={work.total > 0 ? `${formatBytes(work.done)} of ${formatBytes(work.total)}` : formatBytes(work.done)}
      share={work.total > 0 ? work.done / work.total : null}
    />
  )
}
