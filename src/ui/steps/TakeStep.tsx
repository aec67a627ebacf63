import { useEffect, useMemo } from 'react'
import { reportBytes } from '../../state/documents'
import { EXPORT_KINDS } from '../../state/exports'
import { fp16Bytes, packedBytes } from '../../state/modules'
import { recipeJson } from '../../state/recipe'
import type { Result } from '../../state/store'
import { ExportItem } from '../ExportItem'
import { formatBytes } from '../format'
import { HubPush } from '../HubPush'
import { ProgressLine } from '../ProgressLine'
import { Step } from '../Step'
import { useStudio, useStudioState } from '../studio-context'
import '../take.css'
import { takeWords as words } from '../words/take'

export function TakeStep() {
  const result = useStudioState((state) => state.result)
  const model = useStudioState((state) => state.model)
  if (!result || !model) return null
  return (
    <Step id="take" status={result.alive ? null : words.lost}>
      <Files result={result} />
      <HubPush alive={result.alive} />
      <Working />
    </Step>
  )
}

function Files({ result }: { result: Result }) {
  const studio = useStudio()
  const { report, alive } = result
  const inspection = useStudioState((state) => state.model!.inspection)
  const foreign = inspection.kind === 'gptq' || inspection.kind === 'compressed-tensors'
  const idle = useStudioState((state) => state.busy === null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: a result is told from another by its report
  useEffect(() => {
    if (alive && idle) void studio.learnExports()
  }, [studio, report, alive, idle])
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
      {EXPORT_KINDS.map((kind) => (
        <ExportItem
          key={kind.title}
          kind={kind}
          result={result}
          estimate={kind.versions[0]!.format === 'packed' ? sizes.packed : kind.simulated ? sizes.fp16 : null}
          exact={kind.versions[0]!.format === 'packed' && packed !== null}
          primary={kind === EXPORT_KINDS[0]}
        />
      ))}
      {!foreign && (
        <Item
          title={words.recipe}
          note={words.recipeNote}
          size={formatBytes(sizes.recipe)}
          action={words.saveRecipe}
          onSave={studio.saveResultRecipe}
        />
      )}
      <ReportItem />
      <Item
        title={words.columns}
        note={words.columnsNote}
        size={words.about(formatBytes(sizes.report))}
        action={words.saveColumns}
        onSave={studio.saveReport}
      />
    </ul>
  )
}

const REPORTS = [
  { ending: 'html', label: words.kinds.html, writer: async () => (await import('../report/report')).reportHtml },
  {
    ending: 'report.json',
    label: words.kinds.json,
    writer: async () => (await import('../report/document')).documentJson,
  },
  { ending: 'md', label: words.kinds.card, writer: async () => (await import('../report/card')).modelCard },
] as const

/** All that is known of the result in one document: what was measured in this sitting, too. */
function ReportItem() {
  const studio = useStudio()
  return (
    <li>
      <div className="take-what">
        <h3>{words.report}</h3>
        <p className="quiet small">{words.reportNote}</p>
      </div>
      <span className="take-size" />
      <div className="take-actions">
        {REPORTS.map(({ ending, label, writer }) => (
          <button
            key={label}
            type="button"
            title={words.reportAs(label)}
            onClick={async () => {
              const [{ documentOf }, write] = await Promise.all([import('../report/from-state'), writer()])
              const document = documentOf(studio.store.getState())
              if (document) await studio.saveText(`${studio.baseName()}.${ending}`, [write(document)])
            }}
          >
            {label}
          </button>
        ))}
      </div>
    </li>
  )
}

interface ItemProps {
  readonly title: string
  readonly note: string
  readonly size: string
  readonly action: string
  readonly onSave: () => Promise<unknown>
}

function Item({ title, note, size, action, onSave }: ItemProps) {
  return (
    <li>
      <div className="take-what">
        <h3>{title}</h3>
        <p className="quiet small">{note}</p>
      </div>
      <span className="take-size">{size}</span>
      <div className="take-actions">
        <button type="button" onClick={() => void onSave()}>
          {action}
        </button>
      </div>
    </li>
  )
}

/** A saving counts bytes, a verification tensors and then windows of the text. */
function Working() {
  const studio = useStudio()
  const verifying = useStudioState((state) => state.busy === 'verify')
  const work = useStudioState((state) => (state.busy === 'save' || state.busy === 'verify' ? state.work : null))
  if (!work) return null
  const { label, done, total } = work
  const count = verifying ? String : formatBytes
  return (
    <div className="row take-work">
      <ProgressLine
        label={label}
        detail={total > 0 ? words.progress(count(done), count(total)) : verifying ? '' : count(done)}
        share={total > 0 ? done / total : null}
      />
      {verifying && (
        <button type="button" onClick={() => void studio.cancel()}>
          {words.cancel}
        </button>
      )}
    </div>
  )
}
