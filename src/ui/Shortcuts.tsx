import { Fragment, useEffect, useRef, useSyncExternalStore } from 'react'
import './shortcuts.css'
import { CheckField } from './fields'
import { NotifyField } from './NotifyField'
import { changeSettings, onSettings, settings } from './settings'
import { SHORTCUTS, shortcutOf } from './shortcuts'
import { useStudio } from './studio-context'
import { shortcutWords as words } from './words/shortcuts'

/** Listens to keys, and lists what they do in a sheet that its button or '?' opens. */
export function Shortcuts() {
  const studio = useStudio()
  const sheet = useRef<HTMLDialogElement>(null)
  const showSheet = () => {
    if (!sheet.current?.open) sheet.current?.showModal()
  }
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const shortcut = shortcutOf(event, settings().keys)
      if (!shortcut) return
      event.preventDefault()
      shortcut.act({ studio, showSheet: () => sheet.current?.showModal() }, event.key)
    }
    window.addEventListener('keydown', press)
    return () => window.removeEventListener('keydown', press)
  }, [studio])
  return (
    <>
      <button type="button" className="keys-button" title={words.open} aria-label={words.open} onClick={showSheet}>
        ?
      </button>
      <dialog ref={sheet} className="sheet" aria-labelledby="title-keys">
        <div className="sheet-head">
          <h2 id="title-keys">{words.title}</h2>
          <button type="button" onClick={() => sheet.current?.close()}>
            {words.close}
          </button>
        </div>
        <div className="sheet-areas">
          {Object.entries(words.areas).map(([area, title]) => (
            <section key={area} aria-label={title}>
              <h3>{title}</h3>
              <dl>
                {SHORTCUTS.filter((shortcut) => shortcut.area === area).map(({ keys, does }) => (
                  <Fragment key={does}>
                    <dt>
                      <Keys keys={keys} />
                    </dt>
                    <dd>{words.does[does]}</dd>
                  </Fragment>
                ))}
              </dl>
            </section>
          ))}
        </div>
        <section className="stack" aria-label={words.settings}>
          <h3>{words.settings}</h3>
          <SingleKeys />
          <NotifyField />
        </section>
      </dialog>
    </>
  )
}

function SingleKeys() {
  const { keys } = useSyncExternalStore(onSettings, settings)
  return (
    <CheckField
      label={words.singleKeys}
      help={words.singleKeysHelp}
      value={keys}
      onChange={(on) => changeSettings({ keys: on })}
    />
  )
}

/** One key, or the first and last of a row of digits. */
function Keys({ keys }: { keys: readonly string[] }) {
  const [first, last] = [keys[0]!, keys.at(-1)!]
  return (
    <>
      <Key name={first} />
      {first !== last && (
        <>
          {' – '}
          <Key name={last} />
        </>
      )}
    </>
  )
}

const Key = ({ name }: { name: string }) => (
  <kbd>{/[A-Z]/.test(name) ? words.shifted(name) : /[a-z]/.test(name) ? name.toUpperCase() : name}</kbd>
)
