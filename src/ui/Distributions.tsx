import { useEffect, useMemo, useState } from 'react'
import type { ModuleRecord } from '../records'
import type { StudioState } from '../state/store'
import type { Distributions as Found } from '../workers/api'
import { CodeFactsTable } from './CodeFactsTable'
import { ChoiceField } from './fields'
import { codePanels, errorPanels, weightPanels, weightsText } from './maps/distribution-panels'
import { Outliers } from './Outliers'
import { PanelsPlot } from './PanelsPlot'
import { SaliencyPlot } from './SaliencyPlot'
import { useStudio, useStudioState } from './studio-context'
import { CODES, DISTRIBUTIONS, ERRORS, WEIGHTS } from './words/distributions'
import './distributions.css'

interface DistributionsProps {
  readonly module: ModuleRecord
  readonly column: number | null
  readonly onColumn: (column: number) => void
}

type Counts = 'linear' | 'log'
const COUNTS: { value: Counts; label: string }[] = [
  { value: 'linear', label: DISTRIBUTIONS.linear },
  { value: 'log', label: DISTRIBUTIONS.log },
]

/** How the weights of the selected module lie: before, after, among the levels, and where they stand out. */
export function Distributions({ module, column, onColumn }: DistributionsProps) {
  const { name, columns } = module
  const found = useDistributions(name)
  const [counts, setCounts] = useState<Counts>('linear')
  return (
    <section className="distributions" aria-label={DISTRIBUTIONS.of(name)}>
      <div className="map-head">
        <h3>
          {DISTRIBUTIONS.title}: <code>{name}</code>{' '}
          {found && found.rows < found.out && (
            <span className="quiet">{DISTRIBUTIONS.look(found.rows, found.out)}</span>
          )}
        </h3>
        {found && (
          <ChoiceField<Counts> label={DISTRIBUTIONS.counts} value={counts} choices={COUNTS} onChange={setCounts} />
        )}
      </div>
      {found ? <Histograms found={found} log={counts === 'log'} /> : <Waiting />}
      <SaliencyPlot name={name} columns={columns} />
      {found && <Outliers found={found} bits={columns.bits} column={column} onColumn={onColumn} />}
    </section>
  )
}

function Waiting() {
  const counting = useStudioState(canAsk)
  return <p className="quiet">{counting ? DISTRIBUTIONS.counting : DISTRIBUTIONS.waits}</p>
}

function Histograms({ found, log }: { found: Found; log: boolean }) {
  const panels = useMemo(
    () => ({ weights: weightPanels(found), codes: codePanels(found), errors: errorPanels(found) }),
    [found],
  )
  const { name, original, rescaled } = found
  return (
    <>
      {!original && <p className="field-help">{DISTRIBUTIONS.noOriginal}</p>}
      {rescaled && <p className="field-help">{DISTRIBUTIONS.rescaled}</p>}
      <div className="distribution-pair">
        <div className="stack">
          <PanelsPlot
            {...{ title: WEIGHTS.title, about: '', name, panels: panels.weights, log, file: 'weights' }}
            summary={weightsText(found)}
          />
        </div>
        {panels.errors.length > 0 && (
          <div className="stack">
            <PanelsPlot
              {...{ title: ERRORS.title, about: '', name, panels: panels.errors, log, file: 'errors' }}
              summary={ERRORS.summary}
            />
          </div>
        )}
      </div>
      <PanelsPlot
        {...{ title: CODES.title, about: original ? CODES.about : CODES.alone, name, panels: panels.codes, log }}
        file="codes"
        summary={CODES.summary}
      >
        <CodeFactsTable found={found} panels={panels.codes} />
      </PanelsPlot>
    </>
  )
}

/** The engine has the result of the run that is shown, and nothing else to do. */
const canAsk = ({ busy, result, run }: StudioState): boolean =>
  busy === null && result?.alive === true && run?.status === 'done'

/** Asked for when the engine is free; nothing of another module is shown meanwhile. */
function useDistributions(name: string): Found | null {
  const studio = useStudio()
  const free = useStudioState(canAsk)
  const run = useStudioState((state) => state.result?.run)
  const [answer, setAnswer] = useState<{ run: number | undefined; found: Found } | null>(null)
  const known = answer?.run === run && answer?.found.name === name ? answer.found : null
  const whole = known !== null && known.rows === known.out
  useEffect(() => {
    if (!free || whole) return
    let wanted = true
    void studio.distributions(name, (found) => {
      if (wanted) setAnswer({ run, found })
      return wanted
    })
    return () => {
      wanted = false
    }
  }, [studio, name, free, run, whole])
  return known
}
