import { Banner } from './Banner'
import { BenchmarkPage } from './BenchmarkPage'
import { DropTarget } from './DropTarget'
import { Header } from './Header'
import { InspectStep } from './steps/InspectStep'
import { LookStep } from './steps/LookStep'
import { MeasureStep } from './steps/MeasureStep'
import { OpenStep } from './steps/OpenStep'
import { RecipeStep } from './steps/RecipeStep'
import { RunStep } from './steps/RunStep'
import { TakeStep } from './steps/TakeStep'
import { Undo } from './Undo'
import { useArrival, useView } from './view'

/**
 * One page, one path: seven steps from a dropped model to a file that is taken away. The benchmark is beside it; the path
 * stays behind as it was, and so does what runs on it.
 */
export function App() {
  const view = useView()
  useArrival(view)
  return (
    <>
      <a className="skip-link" href={view === 'studio' ? '#step-open' : '#benchmark'}>
        Skip to the {view === 'studio' ? 'first step' : 'benchmark'}
      </a>
      <Header view={view} />
      <Banner />
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
      <DropTarget />
      <Undo />
    </>
  )
}
