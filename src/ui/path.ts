import type { StepId, StudioState } from '../state/store'
import { titles } from './words/steps'

/** The path as the page tells it: order, names, and what each step waits for. */
export const STEPS: readonly { readonly id: StepId; readonly title: string }[] = [
  { id: 'open', title: titles.open },
  { id: 'inspect', title: titles.inspect },
  { id: 'recipe', title: titles.recipe },
  { id: 'run', title: titles.run },
  { id: 'look', title: titles.look },
  { id: 'measure', title: titles.measure },
  { id: 'take', title: titles.take },
]

export type StepProgress = 'waiting' | 'open' | 'busy' | 'done' | 'failed'

/** How far a step is; also what the header's path shows. */
export function stepProgress(state: StudioState, id: StepId): StepProgress {
  const { model, view, run, result, busy, failures } = state
  if (failures[id]) return 'failed'
  switch (id) {
    case 'open':
      return busy === 'open' ? 'busy' : view ? 'done' : 'open'
    case 'inspect':
      return view ? 'done' : 'waiting'
    case 'recipe':
      return !model ? 'waiting' : result ? 'done' : 'open'
    case 'run':
      return !model ? 'waiting' : busy === 'run' ? 'busy' : result ? 'done' : 'open'
    case 'look':
      return run && run.modules.length > 0 ? 'open' : 'waiting'
    case 'measure':
      if (!model) return 'waiting'
      if (busy === 'measure' || busy === 'score' || busy === 'generate') return 'busy'
      return state.measurements.length + state.taskLines.length > 0 ? 'done' : 'open'
    case 'take':
      return !result ? 'waiting' : busy === 'save' || busy === 'verify' ? 'busy' : 'open'
  }
}
