import { startTransition, useCallback, useDeferredValue, useMemo, useRef, useState } from 'react'
import type { ModuleRecord } from '../../records'
import { columnsCsv, modulesCsv } from '../../state/documents'
import type { MatrixChoices } from '../../state/matrix-choices'
import { fittedIn, knownOf, moduleNamed } from '../../state/module-index'
import { runningModule } from '../../state/progress'
import { targetWidth } from '../../state/recipe'
import type { Measure } from '../../state/store'
import { BitsBar } from '../BitsBar'
import { DifferenceMap } from '../DifferenceMap'
import { Distributions } from '../Distributions'
import { ErrorKindsPlot } from '../ErrorKindsPlot'
import { ChoiceField } from '../fields'
import { formatDuration, formatError, formatSetting, formatShape, formatTenths } from '../format'
import { GraphView } from '../GraphView'
import { GroupingChart } from '../GroupingChart'
import { MatrixMap } from '../MatrixMap'
import { ModelMap } from '../ModelMap'
import { MEASURES, tellingMeasure, tellingMeasures } from '../maps/measure'
import { ReconstructionChart } from '../ReconstructionChart'
import { Step } from '../Step'
import { savePicture } from '../save'
import { useStudio, useStudioState } from '../studio-context'
import { TrainingChart } from '../TrainingChart'
import { WidthsChart } from '../WidthsChart'
import { bitsWords } from '../words/bits'
import { lookWords as words } from '../words/look'
import { MODEL_MAP } from '../words/model-map'
import { waits } from '../words/steps'

export function LookStep() {
  const studio = useStudio()
  // Maps are the dearest thing to draw: deferred, they follow a run in slices and never hold a frame up.
  const model = useDeferredValue(useStudioState((state) => state.model))
  const run = useDeferredValue(useStudioState((state) => state.run))
  const chosen = useStudioState((state) => state.measure)
  const selected = useStudioState((state) => state.selected)
  const choices = useStudioState((state) => state.matrix)
  if (!model || !run || run.modules.length === 0) return <Step id="look" waitsFor={waits.look} />
  const modules = run.modules.toArray()
  const module = (selected !== null && moduleNamed(run.modules, selected)) || run.modules.at(0)!
  const measure = chosen ?? tellingMeasure(modules)
  const save = (name: string) => savePicture(`${studio.baseName()}-${name}`)
  return (
    <Step id="look" status={words.status(run.modules.length)} side={<LookSide module={module} measure={measure} />}>
      <ModelMap
        title={MODEL_MAP.title}
        plan={model.plan}
        modules={modules}
        view={MEASURES[measure]}
        selected={module.name}
        running={runningModule(run, model.plan)}
        onSelect={studio.select}
        onPicture={save(`model-map-${measure}`)}
      />
      {knownOf(run.modules).varied && (
        <WidthsChart modules={modules} selected={module.name} onSelect={studio.select} onPicture={save('widths')} />
      )}
      {run.endedAt !== null && (
        <ErrorKindsPlot modules={modules} onSelect={studio.select} onPicture={save('errors-by-kind')} />
      )}
      <DifferenceMap plan={model.plan} selected={module.name} onSelect={studio.select} onPicture={save('difference')} />
      <Matrix {...{ module, choices, save }} onChoices={studio.showMatrix} />
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

/** The selected matrix: first its map, and once that stands all else that is told of it. Until then the last one's is. */
function Matrix({ module, choices, onChoices, save }: MatrixProps) {
  const [chosen, setChosen] = useState<{ readonly name: string; readonly column: number } | null>(null)
  const [told, setTold] = useState<ModuleRecord | null>(null)
  const settled = useCallback((module: ModuleRecord) => startTransition(() => setTold(module)), [])
  // of another run, it would be asked of a result that may not have it
  const current = useStudioState(
    ({ run }) => told !== null && run !== null && moduleNamed(run.modules, told.name) === told,
  )
  const map = useRef<HTMLDivElement>(null)
  const choose = (column: number) => setChosen({ name: module.name, column })
  /** From a list far below: the map comes into view with the column that was asked for. */
  const find = (column: number) => {
    choose(column)
    map.current?.scrollIntoView({ block: 'nearest' })
  }
  const { name } = module
  const column = chosen?.name === name ? chosen.column : null
  return (
    <>
      <div ref={map} className="look-matrix">
        <MatrixMap
          key={name}
          {...{ module, choices, onChoices, column }}
          onColumn={choose}
          onPicture={save(name)}
          onSettled={settled}
        />
      </div>
      {told && current && (
        <div className="look-told" aria-busy={told.name !== name}>
          <Told
            key={told.name}
            module={told}
            column={told.name === name ? column : null}
            onColumn={choose}
            onFind={find}
            save={save}
          />
        </div>
      )}
    </>
  )
}

interface ToldProps {
  readonly module: ModuleRecord
  readonly column: number | null
  readonly onColumn: (column: number) => void
  readonly onFind: (column: number) => void
  readonly save: Save
}

/** How the widths of a matrix came about, and how its weights lie. */
function Told({ module, column, onColumn, onFind, save }: ToldProps) {
  const target = useStudioState(({ run, recipe, result }) =>
    targetWidth(run?.endedAt === null ? (recipe ?? undefined) : result?.report.recipe),
  )
  const fitted = useStudioState(({ run }) => run && fittedIn(run.modules, module.layer))
  const { name, layer, training, graph, grouping } = module
  return (
    <>
      {grouping && <GroupingChart name={name} grouping={grouping} onPicture={save(`${name}-magnitudes`)} />}
      {graph && (
        <GraphView
          module={module}
          graph={graph}
          column={column}
          onColumn={onColumn}
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
      <Distributions module={module} column={column} onColumn={onFind} />
    </>
  )
}

function LookSide({ module, measure }: { module: ModuleRecord; measure: Measure }) {
  const studio = useStudio()
  const modules = useStudioState((state) => state.run?.modules)
  const choices = useMemo(
    () => tellingMeasures(modules?.toArray() ?? []).map(({ id, title }) => ({ value: id, label: title })),
    [modules],
  )
  const saveCsv = (name: string, csv: string) => void studio.saveText(`${studio.baseName()}-${name}.csv`, [csv])
  return (
    <>
      <ChoiceField<Measure>
        label={words.colour}
        value={measure}
        choices={
          choices.some(({ value }) => value === measure)
            ? choices
            : [...choices, { value: measure, label: MEASURES[measure].title }]
        }
        drops
        onChange={studio.showMeasure}
      />
      <ModuleFacts module={module} />
      <div className="row">
        <button type="button" onClick={() => saveCsv('modules', modulesCsv(modules?.toArray() ?? []))}>
          {words.modulesCsv}
        </button>
        <button type="button" onClick={() => saveCsv(module.name, columnsCsv(module))}>
          {words.columnsCsv}
        </button>
      </div>
    </>
  )
}

function ModuleFacts({ module }: { module: ModuleRecord }) {
  const { bits, error, damping, flips } = module
  return (
    <section className="stack" aria-label={words.selected}>
      <h3 className="mono">{module.name}</h3>
      <dl className="facts">
        <dt>{words.facts.shape}</dt>
        <dd>{formatShape([module.out, module.in])}</dd>
        <dt>{words.facts.output}</dt>
        <dd>{error.output === null ? words.noOutput : formatError(error.output)}</dd>
        <dt>{words.facts.weight}</dt>
        <dd>{formatError(error.weight)}</dd>
        <dt>{words.facts.damping}</dt>
        <dd>{damping === null ? words.noDamping : formatSetting(damping)}</dd>
        {flips !== null && (
          <>
            <dt>{words.facts.flips}</dt>
            <dd>{formatTenths(flips)}</dd>
          </>
        )}
        <dt>{words.facts.dead}</dt>
        <dd>{module.deadColumns}</dd>
        <dt>{words.facts.seconds}</dt>
        <dd>{formatDuration(module.seconds)}</dd>
      </dl>
      <BitsBar bits={bits} title={bitsWords.title} published={module.published} />
    </section>
  )
}
