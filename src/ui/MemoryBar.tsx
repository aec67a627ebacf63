import type { MemoryForecast } from '../inspection-records'
import { formatBytes, formatPercent } from './format'
import { memoryWords as words } from './words/memory'

const PARTS = ['weights', 'hessians', 'activations'] as const

/** GPU memory at the peak by what takes it, the largest binding against the device's limit, and what the host and its disk hold. */
export function MemoryBar({ forecast }: { forecast: MemoryForecast }) {
  const parts = PARTS.map((key) => ({ key, title: words.parts[key], bytes: forecast[key] }))
  const sum = parts.reduce((total, part) => total + part.bytes, 0) || 1
  const binding = forecast.largestBinding / forecast.bindingLimit
  return (
    <section className="memory" aria-label={words.label}>
      <p className="memory-head">
        <span className="quiet">{words.peak}</span>
        <span>{formatBytes(forecast.peak)}</span>
      </p>
      <div className="memory-bar" aria-hidden="true">
        {parts.map((part) => (
          <span key={part.key} className={`part-${part.key}`} style={{ flexGrow: part.bytes / sum }} />
        ))}
      </div>
      <ul>
        {parts.map((part) => (
          <li key={part.key} className="memory-key">
            <i className={`part-${part.key}`} aria-hidden="true" />
            <span className="quiet">{part.title}</span>
            <span>{formatBytes(part.bytes)}</span>
          </li>
        ))}
      </ul>
      <p className="memory-head">
        <span className="quiet">{words.binding}</span>
        <span>
          {words.bindingOf(
            formatBytes(forecast.largestBinding),
            formatBytes(forecast.bindingLimit),
            formatPercent(binding),
          )}
        </span>
      </p>
      <div className="memory-bar" aria-hidden="true">
        <span
          className={binding > 1 ? 'part-over' : 'part-binding'}
          style={{ width: formatPercent(Math.min(1, binding)) }}
        />
      </div>
      <p className="memory-head">
        <span className="quiet">{words.host}</span>
        <span>{formatBytes(forecast.host)}</span>
      </p>
      <p className="memory-head">
        <span className="quiet">{words.disk}</span>
        <span>{formatBytes(forecast.disk)}</span>
      </p>
      {forecast.states !== 'gpu' && <p className="quiet">{words.elsewhere[forecast.states]}</p>}
    </section>
  )
}
