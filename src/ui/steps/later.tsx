import type { ComponentType } from 'react'
import type { StudioState } from '../../state/store'
import { later } from '../later'
import { Step } from '../Step'
import { useStudioState } from '../studio-context'
import { loading, waits } from '../words/steps'

type LaterStep = keyof typeof waits

/** A step whose script is fetched when its turn comes; until then it says what it waits for. */
function step(id: LaterStep, load: () => Promise<ComponentType>, hasTurn: (state: StudioState) => boolean) {
  const Turn = later(load, <Step id={id} waitsFor={loading} />)
  return () => (useStudioState(hasTurn) ? <Turn /> : <Step id={id} waitsFor={waits[id]} />)
}

const hasModel = ({ model }: StudioState) => model !== null
const hasFile = ({ view }: StudioState) => view !== null
const hasModules = ({ run }: StudioState) => run !== null && run.modules.length > 0
const hasResult = ({ result }: StudioState) => result !== null

export const InspectStep = step('inspect', async () => (await import('./InspectStep')).InspectStep, hasFile)
export const RecipeStep = step('recipe', async () => (await import('./RecipeStep')).RecipeStep, hasModel)
export const RunStep = step('run', async () => (await import('./RunStep')).RunStep, hasModel)
export const LookStep = step('look', async () => (await import('./LookStep')).LookStep, hasModules)
export const MeasureStep = step('measure', async () => (await import('./MeasureStep')).MeasureStep, hasModel)
export const TakeStep = step('take', async () => (await import('./TakeStep')).TakeStep, hasResult)
