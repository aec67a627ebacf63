import type { EffectiveBits, PublishedBits } from '../records'
import { formatNumber } from './format'
import './bits.css'

const LANES = [
  { key: 'code', title: 'codes' },
  { key: 'scale', title: 'scales' },
  { key: 'index', title: 'indices' },
] as const

interface BitsBarProps {
  readonly title: string
  readonly bits: EffectiveBits
  /** What the method's paper would name instead. */
  readonly published?: PublishedBits | null
}

/** Bits a weight as they are stored, and what each is spent on. */
export function BitsBar({ title, bits, published = null }: BitsBarProps) {
  return (
    <div className="bits">
      <p className="bits-head">
        <span className="quiet">{title}</span> <strong>{formatNumber(bits.total, 3)}</strong>
      </p>
      <div className="bits-bar" aria-hidden="true">
        {LANES.map(({ key }) => bits[key] > 0 && <span key={key} data-lane={key} style={{ flexGrow: bits[key] }} />)}
      </div>
      <ul className="bits-key">
        {LANES.map(({ key, title: lane }) => (
          <li key={key}>
            <i data-lane={key} aria-hidden="true" />
            <span className="quiet">{lane}</span> {formatNumber(bits[key], 3)}
          </li>
        ))}
      </ul>
      {published && (
        <p className="quiet small">
          The paper’s count: {formatNumber(published.weight, 3)} for weights, {formatNumber(published.scale, 3)} for
          scales. {published.why}
        </p>
      )}
    </div>
  )
}
