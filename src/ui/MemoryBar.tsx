import type { MemoryForecast } from '../inspection-records'
import { formatBytes, formatPercent } from './format'

const PARTS = [
  { key: 'weights', title: 'Weights' },
  { key: 'hessians', title: 'Hessians' },
  { key: 'activations', title: 'Activations' },
] as const

const ELSEWHERE = {
  host: 'Hidden states between blocks are kept in host memory: they do not fit on the GPU.',
  disk: 'Hidden states between blocks are kept on disk: they fit neither on the GPU nor in host memory.',
}

/** GPU memory at the peak by what takes it, the largest binding against the device's limit, and what the host and its disk hold. */
export function MemoryBar({ forecast }: { forecast: MemoryForecast }) {
  const parts = PARTS.map(({ key, title }) => ({ key, title, bytes: forecast[key] }))
  const sum = parts.reduce((total, part) => total + part.bytes, 0) || 1
  const binding = forecast.largestBinding / forecast.bindingLimit
  return (
    <section className="memory" aria-label="Memory forecast">
      <p className="memory-head">
        <span className="quiet">GPU memory at the peak</span>
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
        <span className="quiet">Largest binding</span>
        <span>
          {formatBytes(forecast.largestBinding)} of {formatBytes(forecast.bindingLimit)}, {formatPercent(binding)}
        </span>
      </p>
      <div className="memory-bar" aria-hidden="true">
        <span
          className={binding > 1 ? 'part-over' : 'part-binding'}
          style={{ width: formatPercent(Math.min(1, binding)) }}
        />
      </div>
      <p className="memory-head">
        <span className="quiet">Host memory at the peak</span>
        <span>{formatBytes(forecast.host)}</span>
      </p>
      <p className="memory-head">
        <span className="quiet">Written to disk</span>
        <span>{formatBytes(forecast.disk)}</span>
      </p>
      {forecast.states !== 'gpu' && <p className="quiet">{ELSEWHERE[forecast.states]}</p>}
    </section>
  )
}
