import type { Failure } from '../state/failure'
import { failureWords } from './words/failure'

/** A failure where it happened: its family in words, then the message with its remedy. */
export function FailureNote({ failure }: { failure: Failure }) {
  return (
    <div className="failure" role="alert" data-family={failure.family}>
      <strong>{failure.heading}</strong>
      <p>{failure.message}</p>
    </div>
  )
}

/** As many as are read; a model of many experts may have one for each of its modules. */
const MOST = 200

interface WarningsProps {
  readonly warnings: Iterable<string> & { readonly length: number }
  readonly label: string
}

/** Things that did not stop the work but should be known. */
export function Warnings({ warnings, label }: WarningsProps) {
  if (warnings.length === 0) return null
  const shown = new Set<string>()
  let looked = 0
  for (const warning of warnings) {
    if (looked === MOST) break
    shown.add(warning)
    looked++
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="warnings" aria-label={label} tabIndex={0}>
      <ul>
        {[...shown].map((warning) => (
          <li key={warning}>{warning}</li>
        ))}
        {looked < warnings.length && <li>{failureWords.more(warnings.length - looked)}</li>}
      </ul>
    </section>
  )
}
