import { useDeferredValue, useState } from 'react'
import type { ModuleRecord } from '../../records'
import { columnsCsv, modulesCsv } from '../../state/documents'
import { runningModule } from '../../state/progress'
import { targetWidth } from '../../state/recipe'
import type { Measure } from '../../state/store'
import { BitsBar } from '../BitsBar'
import { DifferenceMap } from '../DifferenceMap'
import { ChoiceField } from '../fields'
import { formatDuration, formatError, formatSetting, formatShape, formatTenths } from '../format'
import { GraphView } from '../GraphView'
import { GroupingChart } from '../GroupingChart'
import { MatrixMap } from '../MatrixMap'
import { ModelMap } from '../ModelMap'
import { MEASURES, tellingMeasure } from '../maps/measure'
import { widthsDiffer } from '../maps/widths'
import { type MatrixChoices, startingChoices } from '../matrix-choices'
import { ReconstructionChart } from '../ReconstructionChart'
import { Step } from '../Step'
import { savePicture } from '../save'
import { useStudio, useStudioState } from '../studio-context'
import { TrainingChart } from '../TrainingChart'
import { WidthsChart } from '../WidthsChart'

export function LookStep() {
  const studio = useStudio()
  // Maps are the dearest thing to draw: deferred, they follow a run in slices and never hold a frame up.
  const model = useDeferredValue(useStudioState((state) => state.model))
  const run = useDeferredValue(useStudioState((state) => state.run))
  const chosen = useStudioState((state) => state.measure)
  const selected = useStudioState((state) => state.selected)
  const [choices, setChoices] = useState(startingChoices)
  if (!model || !run || run.modules.length === 0)
    return (
      <Step
        id="look"
        waitsFor="Waits for the first quantized layer. Maps of the whole model and of single matrices, as the run goes."
      />
    )
  const module = run.modules.find((candidate) => candidate.name === selected) ?? run.modules[0]!
  const measure = chosen ?? tellingMeasure(run.modules)
  const save = (name: string) => savePicture(`${studio.baseName()}-${name}`)
  return (
    <Step id="look" status={`${run.modules.length} modules`} side={<LookSide module={module} measure={measure} />}>
      <ModelMap
        title="Model map"
        plan={model.plan}
        modules={run.modules}
        view={MEASURES[measure]}
        selected={module.name}
        running={runningModule(run, model.plan)}
        onSelect={studio.select}
        onPicture={save(`model-map-${measure}`)}
      />
      {widthsDiffer(run.modules) && (
        <WidthsChart modules={run.modules} selected={module.name} onSelect={studio.select} onPicture={save('widths')} />
      )}
      <DifferenceMap plan={model.plan} selected={module.name} onSelect={studio.select} onPicture={save('difference')} />
      <Matrix key={module.name} {...{ module, choices, save }} onChoices={setChoices} />
    </Step>
  )
}

type Save = (name: string) => (picture: Promise<Blob>) => void

interface MatrixProps {
  readonly module: ModuleRecord
  readonly choices: MatrixChoices
  readonly onChoices: (choices: MatrixChoices) => void
  readonly save: Save
}

/** The selected matrix: its columns and weights, and how their widths came about. */
function Matrix({ module, choices, onChoices, save }: MatrixProps) {
  const [chosen, setChosen] = useState<number | null>(null)
  const target = useStudioState(({ run, recipe, result }) =>
    targetWidth(run?.endedAt === null ? (recipe ?? undefined) : result?.report.recipe),
  )
  const fitted = useStudioState(({ run }) =>
    run?.modules.find(({ layer, reconstruction }) => layer === module.layer && reconstruction),
  )
  const { name, layer, training, graph, grouping } = module
  return (
    <>
      <MatrixMap {...{ module, choices, onChoices }} column={chosen} onColumn={setChosen} onPicture={save(name)} />
      {grouping && <GroupingChart name={name} grouping={grouping} onPicture={save(`${name}-magnitudes`)} />}
      {graph && (
        <GraphView
          module={module}
          graph={graph}
          column={chosen}
          onColumn={setChosen}
          onPicture={save(`${name}-graph`)}
        />
      )}
      {training && (
        <TrainingChart
          name={name}
          training={training}
          steps={training.step.at(-1) ?? 0}
          target={target}
          onPicture={save(`${name}-training`)}
        />
      )}
      {fitted?.reconstruction && (
        <ReconstructionChart
          layer={layer}
          reconstruction={fitted.reconstruction}
          steps={fitted.reconstruction.step.at(-1) ?? 0}
          onPicture={save(`block-${layer + 1}-reconstruction`)}
        />
      )}
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
  const { bits, error, damping, flips } = module
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
        {flips !== null && (
          <>
            <dt>Codes unlike nearest</dt>
            <dd>{formatTenths(flips)}</dd>
          </>
        )}
        <dt>Dead columns</dt>
        <dd>{module.deadColumns}</dd>
        <dt>Time</dt>
        <dd>{formatDuration(module.seconds)}</dd>
      </dl>
      <BitsBar bits={bits} title="Bits a weight" published={module.published} />
    </section>
  )
}
