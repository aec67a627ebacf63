import { addressText } from '../state/hub'
import { formatBytes, formatPercent } from './format'
import { useStudio, useStudioState } from './studio-context'

/** What was fetched, whole or not, and the way to be rid of it. */
export function HubKept() {
  const studio = useStudio()
  const { cached, bytes, fetching } = useStudioState((state) => state.hub)
  const busy = useStudioState((state) => state.busy !== null)
  const ready = useStudioState((state) => state.engine.status !== 'starting')
  return (
    <section aria-label="Kept from the Hub">
      <div className="hub-head">
        <h3>
          Kept from the Hub <span className="quiet">{formatBytes(bytes)}</span>
        </h3>
        <button
          type="button"
          className="plain small"
          disabled={fetching !== null}
          onClick={() => void studio.clearFetched(null)}
        >
          Clear all
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
                    : `${formatPercent(model.bytes / Math.max(1, model.total))} of ${formatBytes(model.total)}`}
                </span>
              </span>
              {model.complete ? (
                <button
                  type="button"
                  aria-label={`Open ${name}`}
                  disabled={busy || !ready}
                  onClick={() => void studio.openFetched(model)}
                >
                  Open
                </button>
              ) : (
                <button
                  type="button"
                  aria-label={`Resume ${name}`}
                  disabled={fetching !== null}
                  onClick={() => void studio.resumeFetch(model)}
                >
                  Resume
                </button>
              )}
              <button
                type="button"
                className="plain small"
                aria-label={`Remove ${name}`}
                disabled={fetching !== null}
                onClick={() => void studio.clearFetched(model)}
              >
                Remove
              </button>
            </li>
          )
        })}
      </ul>
    </section>
  )
}
