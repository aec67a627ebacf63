import { Field } from './fields'
import { useStudio } from './studio-context'
import { hubWords as words } from './words/hub'

/** Typed in anew each time the page is opened: it is kept nowhere. */
export function HubToken({ purpose }: { readonly purpose: 'read' | 'write' }) {
  const studio = useStudio()
  return (
    <Field label={purpose === 'read' ? words.tokenRead : words.tokenWrite} help={words.tokenHelp}>
      {(wiring) => (
        <input
          {...wiring}
          type="password"
          autoComplete="off"
          spellCheck={false}
          placeholder={words.tokenPlaceholder}
          onChange={(event) => studio.setHubToken(event.target.value)}
        />
      )}
    </Field>
  )
}
