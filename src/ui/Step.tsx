import type { ReactNode } from 'react'
import { FailureNote } from './FailureNote'
import { STEPS, stepProgress } from './path'
import './step.css'
import type { StepId } from '../state/store'
import { useStudioState } from './studio-context'

interface StepProps {
  readonly id: StepId
  /** One line beside the title: what the step has come to. */
  readonly status?: ReactNode
  /** What the step waits for; when given, the step shows only this. */
  readonly waitsFor?: string | null
  readonly side?: ReactNode
  readonly children?: ReactNode
}

/** A numbered step of the path: controls on the left, what they show on the right. Quiet until its turn comes. */
export function Step({ id, status, waitsFor, side, children }: StepProps) {
  const index = STEPS.findIndex((step) => step.id === id)
  const failure = useStudioState((state) => state.failures[id])
  const progress = useStudioState((state) => stepProgress(state, id))
  return (
    <section className="step" id={`step-${id}`} aria-labelledby={`title-${id}`} data-progress={progress}>
      <div className="step-side">
        <div className="step-head">
          <h2 id={`title-${id}`}>
            <span className="step-number">{index + 1}</span>
            {STEPS[index]!.title}
          </h2>
          {!waitsFor && status && <p className="step-status">{status}</p>}
        </div>
        {!waitsFor && side}
      </div>
      <div className="step-main">
        {failure && <FailureNote failure={failure} />}
        {waitsFor ? <p className="quiet">{waitsFor}</p> : children}
      </div>
    </section>
  )
}
