import { type ReactNode, useMemo, useState } from 'react'
import type { ArchivedRun } from '../../archived-run'
import { baselineOf } from '../../state/archive'
import { widthsOf } from '../../state/archived'
import { recipeLabel } from '../../state/recipe'
import { compareRuns, type FieldRow, type Comparison as Held, type MetricRow } from '../../state/run-comparison'
import type { ListedRun } from '../../workers/archive-api'
import { DifferenceBetween } from '../DifferenceMap'
import { ChoiceField } from '../fields'
import { savePicture } from '../save'
import { useStudio, useStudioState } from '../studio-context'
import { runsWords } from '../words/runs'
import { CopyTable } from './CopyTable'
import { changeText, fieldTitle, improved, metricText, metricTitle, nameOf } from './cells'
import { useRecord } from './RunShown'
import { useMarkedRuns } from './selection'
import { comparisonTable, countSettings } from './tables'

/** Each is as tall as a table. */
const MOST_MAPS = 6

/** The marked runs side by side, against one of them. */
export function Comparison() {
  const studio = useStudio()
  const runs = useMarkedRuns()
  const archive = useStudioState((state) => state.archive)
  const baseline = baselineOf(archive)
  const held = useMemo(() => compareRuns(runs, baseline), [runs, baseline])
  const base = runs.find(({ id }) => id === baseline)
  const others = runs.filter((run) => run !== base && run.model.name === base?.model.name)
  return (
    <section className="step" aria-labelledby="title-compare">
      <div className="step-side">
        <div className="step-head">
          <h2 id="title-compare">{runsWords.compare}</h2>
        </div>
        {base && runs.length > 1 ? (
          <ChoiceField
            drops
            label={runsWords.baseline}
            value={base.id}
            choices={runs.map((run) => ({ value: run.id, label: nameOf(run, recipeLabel(run.recipe)) }))}
            onChange={studio.chooseBaseline}
          />
        ) : (
          <p className="quiet">{runsWords.compareHint}</p>
        )}
      </div>
      {base && runs.length > 1 && (
        <div className="step-main">
          <div className="stack">
            <div className="table-head">
              <h3>{runsWords.comparison}</h3>
              <CopyTable table={() => comparisonTable(runs, base, held)} of={runsWords.comparison} />
            </div>
            <Table runs={runs} base={base} held={held} />
          </div>
          {others.slice(0, MOST_MAPS).map((run) => (
            <Difference key={run.id} run={run} base={base} />
          ))}
          {others.length > MOST_MAPS && <p className="quiet small">{runsWords.moreMaps(MOST_MAPS)}</p>}
        </div>
      )}
    </section>
  )
}

interface TableProps {
  readonly runs: readonly ListedRun[]
  readonly base: ListedRun
  readonly held: Held
}

function Table({ runs, base, held }: TableProps) {
  const settings = countSettings(held)
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="table-area run-compare" aria-label={runsWords.comparison} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <td />
            {runs.map((run) => (
              <th key={run.id} scope="col" data-align="right">
                {runsWords.run(run.number)}
                {run === base && <span className="quiet plain-weight"> {runsWords.baseline.toLowerCase()}</span>}
              </th>
            ))}
          </tr>
        </thead>
        <Group title={runsWords.recipeDiffers} columns={runs.length + 1}>
          {held.recipe.length === 0 && (
            <tr>
              <td colSpan={runs.length + 1} className="quiet">
                {runsWords.recipeSame}
              </td>
            </tr>
          )}
          {held.recipe.map((row) => (
            <FieldLine key={row.key} row={row} />
          ))}
        </Group>
        {held.circumstances.length > 0 && (
          <Group title={runsWords.circumstances} columns={runs.length + 1}>
            {held.circumstances.map((row) => (
              <FieldLine key={row.key} row={row} />
            ))}
          </Group>
        )}
        <Group title={runsWords.results_} columns={runs.length + 1}>
          {held.metrics.map((row) => (
            <MetricLine key={metricTitle(row, 2)} row={row} title={metricTitle(row, settings)} />
          ))}
        </Group>
      </table>
    </section>
  )
}

function Group({ title, columns, children }: { title: string; columns: number; children: ReactNode }) {
  return (
    <tbody>
      <tr className="table-group">
        <th scope="rowgroup" colSpan={columns}>
          {title}
        </th>
      </tr>
      {children}
    </tbody>
  )
}

function FieldLine({ row: { key, values } }: { row: FieldRow }) {
  return (
    <tr>
      <th scope="row">{fieldTitle(key)}</th>
      {values.map((value, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: columns have a fixed order
        <td key={i} data-align="right" title={value}>
          {value}
        </td>
      ))}
    </tr>
  )
}

function MetricLine({ row, title }: { row: MetricRow; title: string }) {
  const { kind, values, changes } = row
  return (
    <tr>
      <th scope="row">{title}</th>
      {values.map((value, i) => {
        const change = changes[i] ?? null
        const good = improved(row, change)
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: columns have a fixed order
          <td key={i} data-align="right">
            {value !== null && metricText(kind, value)}
            {value !== null && change !== null && (
              <span className="change" data-good={good ?? undefined}>
                {changeText(kind, change, value)}
              </span>
            )}
          </td>
        )
      })}
    </tr>
  )
}

/** Where a run spent more bits than the baseline; nothing where the widths are the same everywhere. */
function Difference({ run, base }: { run: ListedRun; base: ListedRun }) {
  const [record, other] = [useRecord(run), useRecord(base)]
  const [selected, select] = useState<string | null>(null)
  const between = useMemo(() => {
    if (!record || !other) return null
    const mapped = ({ head, body: { modules } }: ArchivedRun) => ({
      ...{ run: head.number, label: recipeLabel(head.recipe), modules, widths: widthsOf(modules) },
    })
    const [a, b] = [mapped(record), mapped(other)]
    const differ = a.modules.some(({ name, width }) => Math.abs(width - (b.widths.get(name) ?? width)) > 1e-6)
    return differ ? { a, b } : null
  }, [record, other])
  if (!between) return null
  return (
    <DifferenceBetween
      {...between}
      plan={between.a.modules}
      selected={selected}
      onSelect={select}
      onPicture={savePicture(`runs-${run.number}-${base.number}-difference`)}
    />
  )
}
