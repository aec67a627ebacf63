import { Banner } from './Banner'
import { DropTarget } from './DropTarget'
import { Header } from './Header'
import { InspectStep } from './steps/InspectStep'
import { LookStep } from './steps/LookStep'
import { MeasureStep } from './steps/MeasureStep'
import { OpenStep } from './steps/OpenStep'
import { RecipeStep } from './steps/RecipeStep'
import { RunStep } from './steps/RunStep'
import { TakeStep } from './steps/TakeStep'

/** One page, one path: seven steps from a dropped model to a file that is taken away. */
export function App() {
  return (
    <>
      <a className="skip-link" href="#step-open">
        Skip to the first step
      </a>
      <Header />
      <Banner />
      <main>
        <OpenStep />
        <InspectStep />
        <RecipeStep />
        <RunStep />
        <LookStep />
        <MeasureStep />
        <TakeStep />
      </main>
      <DropTarget />
    </>
  )
}
