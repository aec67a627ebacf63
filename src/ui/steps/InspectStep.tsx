import type { FileView } from '../../file-records'
import { bitsOf } from '../../formats/tensor-shares'
import type { Inspection } from '../../inspection-records'
import { visible } from '../../visible'
import { Warnings } from '../FailureNote'
import { FileLook } from '../FileLook'
import { formatBytes, formatCount, formatInteger, formatNumber, words as spaced } from '../format'
import { MemoryBar } from '../MemoryBar'
import { Step } from '../Step'
import { useStudioState } from '../studio-context'
import '../inspect.css'
import { inspectWords as words } from '../words/inspect'
import { viewWords } from '../words/view'

export function InspectStep() {
  const model = useStudioState((state) => state.model)
  const view = useStudioState((state) => state.view)
  const forecast = useStudioState((state) => state.forecast)
  if (!view) return null
  if (!model)
    return (
      <Step id="inspect" status={viewWords.toBeLookedAt(view.facts.format)} side={<ViewFacts view={view.facts} />}>
        <p className="only-look" role="status">
          <strong>{viewWords.onlyLook}</strong>, {viewWords.because(view.reason ?? '')}.
        </p>
        <FileLook key={view.serial} view={view.facts} isAll />
      </Step>
    )
  const { inspection } = model
  return (
    <Step
      id="inspect"
      status={words.kinds[inspection.kind]}
      side={
        <>
          <Facts inspection={inspection} />
          <MemoryBar forecast={forecast ?? inspection.forecast} />
        </>
      }
    >
      {inspection.problems.length > 0 && <Problems problems={inspection.problems} />}
      <Warnings warnings={inspection.warnings} label={words.warnings} />
      <Spec spec={inspection.spec} />
      <FileLook key={view.serial} view={view.facts} isAll={false} />
    </Step>
  )
}

function Facts({ inspection }: { inspection: Inspection }) {
  const { bits } = inspection
  return (
    <dl className="facts">
      <dt>{words.name}</dt>
      <dd>{visible(inspection.name)}</dd>
      <dt>{words.architecture}</dt>
      <dd>{visible(inspection.architecture)}</dd>
      <dt>{words.parameters}</dt>
      <dd title={formatInteger(inspection.parameters)}>{formatCount(inspection.parameters)}</dd>
      <dt>{words.size}</dt>
      <dd>{formatBytes(inspection.bytes)}</dd>
      <dt>{words.dtypes}</dt>
      <dd>{dtypeMix(inspection.tensors)}</dd>
      {bits && (
        <>
          <dt>{words.bits}</dt>
          <dd>{formatNumber(bits.total, 3)}</dd>
        </>
      )}
    </dl>
  )
}

function ViewFacts({ view }: { view: FileView }) {
  const { name, architecture, weights, bytes, files } = view
  const bits = bitsOf({ bytes, weights })
  return (
    <dl className="facts">
      <dt>{viewWords.name}</dt>
      <dd>{visible(name)}</dd>
      <dt>{viewWords.architecture}</dt>
      <dd>{architecture === null ? viewWords.unnamed : visible(architecture)}</dd>
      <dt>{viewWords.weights}</dt>
      <dd title={formatInteger(weights)}>{formatCount(weights)}</dd>
      <dt>{viewWords.size}</dt>
      <dd>{formatBytes(bytes)}</dd>
      {bits !== null && (
        <>
          <dt>{viewWords.bits}</dt>
          <dd>{formatNumber(bits, 3)}</dd>
        </>
      )}
      <dt>{viewWords.files}</dt>
      <dd title={files.map((file) => file.name).join(', ')}>{files.length}</dd>
    </dl>
  )
}

/** "F16 58, F32 13": which storage types occur and how often. */
function dtypeMix(tensors: Inspection['tensors']): string {
  const counts = new Map<string, number>()
  for (const { dtype } of tensors) counts.set(dtype, (counts.get(dtype) ?? 0) + 1)
  return [...counts].map(([dtype, count]) => `${dtype} × ${count}`).join(', ')
}

function Problems({ problems }: { problems: readonly string[] }) {
  return (
    <div className="failure" role="alert">
      <strong>{words.cannotRun}</strong>
      <ul>
        {problems.map((problem) => (
          <li key={problem}>{problem}</li>
        ))}
      </ul>
    </div>
  )
}

function Spec({ spec }: { spec: Inspection['spec'] }) {
  return (
    <dl className="spec">
      {Object.entries(spec).map(([key, value]) => (
        <div key={key}>
          <dt>{spaced(key)}</dt>
          <dd>{value === null ? words.none : String(value)}</dd>
        </div>
      ))}
    </dl>
  )
}
