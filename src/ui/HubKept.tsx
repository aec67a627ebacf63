import { addressText } from '../state/hub'
import { formatBytes, formatPercent } from './format'
import { useStudio, useStudioState } from './studio-context'
import { hubWords as words } from './words/hub'

/** What was fetched, whole or not, and the way to be rid of it. */
export function HubKept() {
  const studio = useStudio()
  const { cached, bytes, fetching } = useStudioState((state) => state.hub)
  const busy = useStudioState((state) => state.busy !== null)
  const ready = useStudioState((state) => state.engine.status !== 'starting')
  return (
    <section aria-label={words.kept}>
      <div className="hub-head">
        <h3>
          {words.kept} <span className="quiet">{formatBytes(bytes)}</span>
        </h3>
        <button
          type="button"
          className="plain small"
          disabled={fetching !== null}
          onClick={() => void studio.clearFetched(null)}
        >
          {words.clearAll}
        </button>
      </div>
      <ul className="hub-kept">
        {cached.map((model) => {
          const name = `${addressText(model)}${model.choice && ` ${model.choice}`}`
          return (
            <li key={model.folder}>
              <span className="hub-name">
                {name}{' '}
                <span className="quiet small">
                  {model.complete
                    ? formatBytes(model.bytes)
                    : words.part(formatPercent(model.bytes / Math.max(1, model.total)), formatBytes(model.total))}
                </span>
              </span>
              {model.complete ? (
                <button
                  type="button"
                  aria-label={words.openOne(name)}
                  disabled={busy || !ready}
                  onClick={() => void studio.openFetched(model)}
                >
                  {words.open}
                </button>
              ) : (
                <button
                  type="button"
                  aria-label={words.resumeOne(name)}
                  disabled={fetching !== null}
                  onClick={() => void studio.resumeFetch(model)}
                >
                  {words.resume}
                </button>
              )}
              <button
                type="button"
                className="plain small"
                aria-label={words.removeOne(name)}
                disabled={fetching !== null}
                onClick={() => void studio.clearFetched(model)}
              >
                {words.remove}
              </button>
            </li>
          )
        })}
      </ul>
    </section>
  )
}
