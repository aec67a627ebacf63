import { Component, type ReactNode } from 'react'
import { failureFrom } from '../state/failure'
import { FailureNote } from './FailureNote'
import { broken } from './words/steps'

interface BoundaryProps {
  readonly children: ReactNode
}

/** Keeps a part that fails, or whose script does not come, from taking the page with it. */
export class Boundary extends Component<BoundaryProps, { readonly error: unknown }> {
  override state: { readonly error: unknown } = { error: null }

  static getDerivedStateFromError(error: unknown) {
    return { error }
  }

  override render() {
    const { error } = this.state
    if (error === null) return this.props.children
    const missing = error instanceof TypeError && /import|module|fetch/i.test(error.message)
    const failure = { ...failureFrom(error), heading: broken.heading }
    return (
      <div className="step broken">
        <FailureNote failure={missing ? { ...failure, message: broken.offline } : failure} />
        <button type="button" onClick={() => location.reload()}>
          {broken.reload}
        </button>
      </div>
    )
  }
}
