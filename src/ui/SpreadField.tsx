import type { Spread } from '../state/store'
import { useStudio } from './studio-context'
import { MODEL_MAP } from './words/model-map'

const SPREADS = Object.entries(MODEL_MAP.spreads) as [Spread, string][]

/** What a cell of many experts shows of them. */
export function SpreadField({ value }: { readonly value: Spread }) {
  const studio = useStudio()
  return (
    <label className="order">
      <span className="quiet">{MODEL_MAP.spread}</span>
      <select value={value} onChange={(event) => studio.showSpread(event.target.value as Spread)}>
        {SPREADS.map(([spread, title]) => (
          <option key={spread} value={spread}>
            {title}
          </option>
        ))}
      </select>
    </label>
  )
}
