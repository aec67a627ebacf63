import { useDeferredValue, useState } from 'react'
import type { ModuleRecord } from '../../records'
import { columnsCsv, modulesCsv } from '../../state/documents'
import { runningModule } from '../../state/progress'
import type { Measure } from '../../state/store'
import { BitsBar } from '../BitsBar'
import { CloseUp } from '../CloseUp'
import { ChoiceField } from '../fields'
import { formatDuration, formatError, formatSetting, formatShape } from '../format'
import { MatrixMap } from '../MatrixMap'
import { ModelMap } from '../ModelMap'
import { CLOSE_UP } from '../maps/close-up'
import { MEASURES, tellingMeasure } from '../maps/measure'
import { Step } from '../Step'
import { download } from '../save'
import { useStudio, useStudioState } from '../studio-context'

export function LookStep() {
  const studio = useStudio()
  // Maps are the dearest thing to draw: deferred, they follow a run in slices and never hold a frame up.
  const model = useDeferredValue(useStudioState((state) => state.model))
  const run = useDeferredValue(useStudioState((state) => state.run))
  const chosen = useStudioState((state) => state.measure)
  const selected = useStudioState((state) => state.selected)
  if (!model || !run || run.modules.length === 0)
    return (
      <Step
        id="look"
        waitsFor="Waits for the first quantized layer. Maps of the whole model and of single matrices, as the run goes."
      />
    )
  const module = run.modules.find((candidate) => candidate.name === selected) ?? run.modules[0]!
  const measure = chosen ?? tellingMeasure(run.modules)
  const save = (name: string) => (picture: Promise<Blob>) =>
    void picture.then((blob) => download(`${studio.baseName()}-${name}.png`, blob))
  return (
    <Step id="look" status={`${run.modules.length} modules`} side={<LookSide module={module} measure={measure} />}>
      <ModelMap
        plan={model.plan}
        modules={run.modules}
        measure={measure}
        selected={module.name}
        running={runningModule(run, model.plan)}
        onSelect={studio.select}
        onPng={save(`model-map-${measure}`)}
      />
      <Matrix key={module.name} module={module} onPng={save(module.name)} />
    </Step>
  )
}

/** The selected matrix: all its columns, and single weights where one of them was chosen. */
function Matrix({ module, onPng }: { module: ModuleRecord; onPng: (picture: Promise<Blob>) => void }) {
  const [column, setColumn] = useState(0)
  const centre = (chosen: number) => setColumn(Math.max(0, Math.min(module.in - CLOSE_UP, chosen - CLOSE_UP / 2)))
  return (
    <>
      <MatrixMap module={module} onColumn={centre} onPng={onPng} />
      <CloseUp module={module} column={column} onColumn={setColumn} />
    </>
  )
}

const CHOICES = Object.values(MEASURES).map(({ id, title }) => ({ value: id, label: title }))

function LookSide({ module, measure }: { module: ModuleRecord; measure: Measure }) {
  const studio = useStudio()
  const modules = useStudioState((state) => state.run?.modules ?? NONE)
  const saveCsv = (name: string, csv: string) => void studio.saveText(`${studio.baseName()}-${name}.csv`, [csv])
  return (
    <>
      <ChoiceField<Measure>
        label="Colour the model by"
        value={measure}
        choices={CHOICES}
        onChange={studio.showMeasure}
      />
      <ModuleFacts module={module} />
      <div className="row">
        <button type="button" onClick={() => saveCsv('modules', modulesCsv(modules))}>
          Modules as CSV
        </button>
        <button type="button" onClick={() => saveCsv(module.name, columnsCsv(module))}>
          Columns as CSV
        </button>
      </div>
    </>
  )
}

const NONE: readonly ModuleRecord[] = []

function ModuleFacts({ module }: { module: ModuleRecord }) {
  const { bits, error, damping } = module
  return (
    <section className="stack" aria-label="Selected module">
      <h3 className="mono">{module.name}</h3>
      <dl className="facts">
        <dt>Out × in</dt>
        <dd>{formatShape([module.out, module.in])}</dd>
        <dt>Output error</dt>
        <dd>{error.output === null ? 'none without calibration' : formatError(error.output)}</dd>
        <dt>Weight error</dt>
        <dd>{formatError(error.weight)}</dd>
        <dt>Damping</dt>
        <dd>{damping === null ? 'none needed' : formatSetting(damping)}</dd>
        <dt>Dead columns</dt>
        <dd>{module.deadColumns}</dd>
        <dt>Time</dt>
        <dd>{formatDuration(module.seconds)}</dd>
      </dl>
      <BitsBar bits={bits} title="Bits a weight" />
    </section>
  )
}
