import { Field } from './fields'
import { useStudio } from './studio-context'

/** Typed in anew each time the page is opened: it is kept nowhere. */
export function HubToken({ purpose }: { readonly purpose: 'read' | 'write' }) {
  const studio = useStudio()
  return (
    <Field
      label={purpose === 'read' ? 'Token, for gated or private models' : 'Token that may write'}
      help="From huggingface.co/settings/tokens. Kept until this page closes, sent to huggingface.co only."
    >
      {(wiring) => (
        <input
          {...wiring}
          type="password"
          autoComplete="off"
          spellCheck={false}
          placeholder="hf_…"
          onChange={(event) => studio.setHubToken(event.target.value)}
        />
      )}
    </Field>
  )
}
