import { useMemo, useState } from 'react'
import { roughly } from '../duration'
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

const UNITS = [
  { value: 'module', label: 'every module' },
  { value: 'layer', label: 'every layer' },
  { value: 'role', label: 'every role' },
]
const WIDTHS = [1, 2, 3, 4, 5, 6, 8].map((bits) => ({ value: String(bits), label: `${bits} bits` }))
const SIZES = [
  { value: '32', label: '32' },
  { value: '64', label: '64' },
  { value: '128', label: '128' },
  { value: '-1', label: 'per row' },
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
  const [by, setBy] = useState<string>('module')
  const [bits, setBits] = useState('3')
  const [groupSize, setGroupSize] = useState('128')
  if (!model || !hasOriginal(model.inspection.kind)) return null
  const { text, options, ready } = evaluationOf({ evaluation, catalog, engine })
  const scanning = busy === 'scan'
  const passes = scanPasses(model.plan, by as ScanUnit)
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
    <section className="stack" aria-label="Sensitivity scan">
      <h3>Sensitivity scan</h3>
      <div className="task-form">
        <ChoiceField label="Round" value={by} choices={UNITS} disabled={scanning} onChange={setBy} />
        <ChoiceField label="To" value={bits} choices={WIDTHS} disabled={scanning} onChange={setBits} />
        <ChoiceField label="Group size" value={groupSize} choices={SIZES} disabled={scanning} onChange={setGroupSize} />
        <div className="row">
          <button
            type="button"
            disabled={busy !== null || engine.status !== 'ready' || !ready}
            onClick={() =>
              void studio.scan(text, {
                ...{ ...setting, by: by as ScanUnit, bits: Number(bits), groupSize: Number(groupSize) },
              })
            }
          >
            Scan
          </button>
          {scanning && (
            <button type="button" onClick={() => void studio.cancel()}>
              Stop
            </button>
          )}
        </div>
      </div>
      <p className="quiet small">
        The original, with one {by} after the other rounded to nearest, on the evaluation text above: about as much work
        as {passes} perplexities of it
        {known && `, ${roughly(passes * known.seconds)} by the one that was measured`}.
      </p>
      {scanning && work && (
        <>
          <ProgressLine
            label={work.label}
            detail={work.total > 0 ? `${work.done} of ${work.total}` : ''}
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
        title="Sensitivity"
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
          label={`KL that a ${report.by} may cost`}
          value={allowed}
          min={0}
          max={100}
          step={0.001}
          help={`${above.length} lose more at ${bits} bits and would get ${Math.min(8, bits + 1)} at the least.`}
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
            Use as minimum widths of MG-PTQ
          </button>
          <button
            type="button"
            onClick={() =>
              void studio.saveText(`${studio.baseName()}.sensitivity.json`, [JSON.stringify(report, null, 1)])
            }
          >
            Scan as JSON
          </button>
        </div>
      </div>
    </>
  )
}
