import type { Failure } from '../state/failure'

/** A failure where it happened: its family in words, then the message with its remedy. */
export function FailureNote({ failure }: { failure: Failure }) {
  return (
    <div className="failure" role="alert" data-family={failure.family}>
      <strong>{failure.heading}</strong>
      <p>{failure.message}</p>
    </div>
  )
}

/** Things that did not stop the work but should be known. */
export function Warnings({ warnings, label }: { warnings: readonly string[]; label: string }) {
  if (warnings.length === 0) return null
  const shown = [...new Set(warnings)]
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="warnings" aria-label={label} tabIndex={0}>
      <ul>
        {shown.map((warning) => (
          <li key={warning}>{warning}</li>
        ))}
      </ul>
    </section>
  )
}
