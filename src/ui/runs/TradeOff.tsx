import { useMemo, useState } from 'react'
import { baselineOf } from '../../state/archive'
import { recipeLabel } from '../../state/recipe'
import { ablation } from '../../state/run-comparison'
import { keptTradeOffs } from '../../state/trade-offs'
import type { ListedRun } from '../../workers/archive-api'
import { ChoiceField } from '../fields'
import { useStudioState } from '../studio-context'
import { TradeOffPlot } from '../TradeOffChart'
import { runsWords } from '../words/runs'
import { Ablation } from './Ablation'
import { nameOf } from './cells'
import { useFoundRuns, useSetting } from './selection'

type Cost = 'bits' | 'bytes'
const COSTS = (['bits', 'bytes'] as const).map((value) => ({ value, label: runsWords.costs[value] }))

/** What the runs of one model that the filter leaves have come to: the front of what they cost, and the effect of single changes. */
export function TradeOff() {
  const found = useFoundRuns()
  const setting = useSetting()
  const archive = useStudioState((state) => state.archive)
  const [cost, setCost] = useState<Cost>('bits')
  const [chosenModel, setModel] = useState<string | null>(null)
  const [chosenBase, setBase] = useState<string | null>(null)
  const models = useMemo(() => groupByModel(found), [found])
  const key = chosenModel !== null && models.has(chosenModel) ? chosenModel : [...models.keys()][0]
  const runs = (key !== undefined && models.get(key)) || NONE
  const points = useMemo(() => setting && keptTradeOffs(runs, setting, cost), [runs, setting, cost])
  const wanted = chosenBase ?? baselineOf(archive) ?? archive.shown
  const base = runs.find(({ id }) => id === wanted) ?? runs.at(-1)
  const rows = useMemo(() => (base ? ablation(runs, base, setting) : []), [runs, base, setting])
  return (
    <section className="step" aria-labelledby="title-trade-off">
      <div className="step-side">
        <div className="step-head">
          <h2 id="title-trade-off">{runsWords.tradeOff}</h2>
        </div>
        {runs.length < 2 && <p className="quiet">{runsWords.tradeOffHint}</p>}
        {models.size > 1 && key !== undefined && (
          <ChoiceField
            drops
            label={runsWords.modelOf}
            value={key}
            choices={[...models].map(([value, own]) => ({
              value,
              label: `${own[0]!.model.name}, ${own.length}`,
            }))}
            onChange={setModel}
          />
        )}
        {points && <ChoiceField<Cost> label={runsWords.cost} value={cost} choices={COSTS} onChange={setCost} />}
        {base && runs.length > 1 && (
          <ChoiceField
            drops
            label={runsWords.baseline}
            value={base.id}
            choices={runs.map((run) => ({ value: run.id, label: nameOf(run, recipeLabel(run.recipe)) }))}
            onChange={setBase}
          />
        )}
      </div>
      {runs.length > 1 && (
        <div className="step-main">
          {points && <TradeOffPlot found={points} name={`runs-${cost}-perplexity`} />}
          {base && <Ablation rows={rows} base={base} />}
        </div>
      )}
    </section>
  )
}

const NONE: readonly ListedRun[] = []

/** By name and digest: models of one name need not be one. The one with the most runs first. */
function groupByModel(runs: readonly ListedRun[]): Map<string, readonly ListedRun[]> {
  const groups = new Map<string, ListedRun[]>()
  for (const run of runs) {
    const key = `${run.model.name} ${run.model.digest}`
    const group = groups.get(key)
    if (group) group.push(run)
    else groups.set(key, [run])
  }
  return new Map([...groups].sort(([, a], [, b]) => b.length - a.length))
}
