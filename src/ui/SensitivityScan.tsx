import { useMemo, useState } from 'react'
import type { ScanUnit, SensitivityReport } from '../measurement-records'
import { limitsText, middleLoss, minimumWidths } from '../pipeline/scan-limits'
import { evaluationOf } from '../state/evaluation'
import { hasOriginal } from '../state/measuring'
import { modelKey } from '../state/modules'
import { ChoiceField, NumberField } from './fields'
import { ModelMap } from './ModelMap'
import { scannedModules, sensitivityView } from './maps/sensitivity'
import { ProgressLine } from './ProgressLine'
import { savePicture } from './save'
import { useStudio, useStudioState } from './studio-context'
import { TimeLeft } from './TimeLeft'
import { ofAll } from './words/counts'
import { sensitivityWords as words } from './words/sensitivity'

const UNITS = (['module', 'layer', 'role'] as const).map((value) => ({ value, label: words.every(value) }))
const WIDTHS = [1, 2, 3, 4, 5, 6, 8].map((bits) => ({ value: String(bits), label: words.bits(bits) }))
const SIZES = [
  { value: '32', label: '32' },
  { value: '64', label: '64' },
  { value: '128', label: '128' },
  { value: '-1', label: words.perRow },
]

/** What the original loses where one unit of it alone is rounded: asked for here, shown as a map, made into minimum widths. */
export function SensitivityScan() {
  const studio = useStudio()
  const model = useStudioState((state) => state.model)
  const evaluation = useStudioState((state) => state.evaluation)
  const catalog = useStudioState((state) => state.catalog)
  const engine = useStudioState((state) => state.engine)
  const busy = useStudioState((state) => state.busy)
  const work = useStudioState((state) => state.work)
  const found = useStudioState((state) => state.scan)
  const measurements = useStudioState((state) => state.measurements)
  const [by, setBy] = useState<ScanUnit>('module')
  const [bits, setBits] = useState('3')
  const [groupSize, setGroupSize] = useState('128')
  if (!model || !hasOriginal(model.inspection.kind)) return null
  const { text, options, ready } = evaluationOf({ evaluation, catalog, engine })
  const scanning = busy === 'scan'
  const passes = scanPasses(model.plan, by)
  const { stored: _, ...setting } = options
  const known = measurements.find(
    (line) =>
      line.before &&
      line.model === modelKey(model) &&
      line.text === text &&
      line.protocol === setting.protocol &&
      line.maxTokens === setting.maxTokens,
  )?.before
  return (
    <section className="stack" aria-label={words.title}>
      <h3>{words.title}</h3>
      <div className="task-form">
        <ChoiceField label={words.round} value={by} choices={UNITS} disabled={scanning} onChange={setBy} />
        <ChoiceField label={words.to} value={bits} choices={WIDTHS} disabled={scanning} onChange={setBits} />
        <ChoiceField
          label={words.groupSize}
          value={groupSize}
          choices={SIZES}
          disabled={scanning}
          onChange={setGroupSize}
        />
        <div className="row">
          <button
            type="button"
            disabled={busy !== null || engine.status !== 'ready' || !ready}
            onClick={() =>
              void studio.scan(text, {
                ...{ ...setting, by, bits: Number(bits), groupSize: Number(groupSize) },
              })
            }
          >
            {words.scan}
          </button>
          {scanning && (
            <button type="button" onClick={() => void studio.cancel()}>
              {words.stop}
            </button>
          )}
        </div>
      </div>
      <p className="quiet small">{words.work(by, passes, known?.seconds ?? null)}</p>
      {scanning && work && (
        <>
          <ProgressLine
            label={work.label}
            detail={work.total > 0 ? ofAll(work.done, work.total) : ''}
            share={work.total > 0 ? work.done / work.total : null}
          />
          <TimeLeft done={work.done} total={work.total} />
        </>
      )}
      {found && found.model === modelKey(model) && <ScanResult key={scanKey(found.report)} report={found.report} />}
    </section>
  )
}

const scanKey = ({ by, widths, text, protocol, tokens }: SensitivityReport): string =>
  `${by} ${widths} ${text} ${protocol} ${tokens}`

/** How many perplexities a scan is worth: of every unit what is left of the model from its first layer on. */
function scanPasses(plan: readonly { readonly layer: number; readonly role: string }[], by: ScanUnit): number {
  const layers = new Set(plan.map(({ layer }) => layer)).size
  const units =
    by === 'module'
      ? plan.map(({ layer }) => layer)
      : by === 'layer'
        ? [...new Set(plan.map(({ layer }) => layer))]
        : [...new Set(plan.map(({ role }) => role))].map(() => 0)
  const blocks = units.reduce((sum, layer) => sum + layers - layer + 1, layers + 1)
  return Math.round(blocks / (layers + 1))
}

function ScanResult({ report }: { report: SensitivityReport }) {
  const studio = useStudio()
  const plan = useStudioState((state) => state.model!.plan)
  const selected = useStudioState((state) => state.selected)
  const mgptq = useStudioState((state) => state.methods.some(({ id }) => id === 'mg-ptq'))
  const [allowed, setAllowed] = useState(() => middleLoss(report))
  const [bits = 4] = report.widths
  const view = useMemo(() => sensitivityView(report, bits), [report, bits])
  const modules = useMemo(() => scannedModules(plan, report, bits), [plan, report, bits])
  const above = minimumWidths(report, allowed).filter(({ beyond }) => beyond)
  // one width was scanned: what loses too much at it needs the next
  const limits = limitsText(
    above.map((minimum) => ({ ...minimum, bits: Math.min(8, bits + 1) })),
    report,
  )
  return (
    <>
      <ModelMap
        title={words.map}
        plan={plan}
        modules={modules}
        view={view}
        selected={selected}
        running={null}
        onSelect={studio.select}
        onPicture={savePicture(`${studio.baseName()}-sensitivity-${bits}-bit`)}
      />
      <div className="task-form">
        <NumberField
          label={words.allowed(report.by)}
          value={allowed}
          min={0}
          max={100}
          step={0.001}
          help={words.allowedHelp(above.length, bits, Math.min(8, bits + 1))}
          onChange={setAllowed}
        />
        <div className="row">
          <button
            type="button"
            disabled={!mgptq || limits === ''}
            onClick={() => {
              studio.chooseMethod('mg-ptq')
              studio.setOption('limits', limits)
            }}
          >
            {words.use}
          </button>
          <button
            type="button"
            onClick={() =>
              void studio.saveText(`${studio.baseName()}.sensitivity.json`, [JSON.stringify(report, null, 1)])
            }
          >
            {words.save}
          </button>
        </div>
      </div>
    </>
  )
}
