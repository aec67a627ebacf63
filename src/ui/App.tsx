import { useEffect } from 'react'
import { Banner } from './Banner'
import { DropTarget } from './DropTarget'
import { Header } from './Header'
import { later, preload } from './later'
import { Outside } from './Outside'
import { InspectStep, LookStep, MeasureStep, RecipeStep, RunStep, TakeStep } from './steps/later'
import { OpenStep } from './steps/OpenStep'
import { useStudioState } from './studio-context'
import { Undo } from './Undo'
import { UpdateNotice } from './UpdateNotice'
import { useAddress } from './use-address'
import { useAwake } from './use-awake'
import { useArrival, useView } from './view'
import { appWords as words } from './words/app'
import { loading } from './words/steps'

const waiting = <main className="step quiet">{loading}</main>
const BenchmarkPage = later(async () => (await import('./BenchmarkPage')).BenchmarkPage, waiting)
const RunsPage = later(async () => (await import('./runs/RunsPage')).RunsPage, waiting)

/**
 * One page, one path: seven steps from a dropped model to a file that is taken away. The benchmark and the kept runs are
 * beside it; the path stays behind as it was, and so does what runs on it.
 */
export function App() {
  const view = useView()
  useArrival(view)
  useAddress()
  useAwake(useStudioState(({ busy, run }) => busy !== null && !(busy === 'run' && run?.status === 'paused')))
  const opening = useStudioState((state) => state.busy === 'open')
  // what fails here fails again, and is told, where it is shown
  useEffect(() => void (opening && preload().catch(() => {})), [opening])
  return (
    <>
      <a className="skip-link" href={view === 'studio' ? '#step-open' : `#${view}`}>
        {words.skip[view]}
      </a>
      <Header view={view} />
      <Banner />
      <UpdateNotice />
      <main hidden={view !== 'studio'}>
        <OpenStep />
        <InspectStep />
        <RecipeStep />
        <RunStep />
        <LookStep />
        <MeasureStep />
        <TakeStep />
      </main>
      {view === 'benchmark' && <BenchmarkPage />}
      {view === 'runs' && <RunsPage />}
      <DropTarget />
      <Outside />
      <Undo />
    </>
  )
}
