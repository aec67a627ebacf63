import type { EffectiveBits, PublishedBits } from '../records'
import { formatNumber } from './format'
import { bitsWords as words } from './words/bits'
import './bits.css'

const LANES = ['code', 'scale', 'index'] as const

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
        {LANES.map((key) => bits[key] > 0 && <span key={key} data-lane={key} style={{ flexGrow: bits[key] }} />)}
      </div>
      <ul className="bits-key">
        {LANES.map((key) => (
          <li key={key}>
            <i data-lane={key} aria-hidden="true" />
            <span className="quiet">{words.lanes[key]}</span> {formatNumber(bits[key], 3)}
          </li>
        ))}
      </ul>
      {published && (
        <p className="quiet small">
          {words.published(formatNumber(published.weight, 3), formatNumber(published.scale, 3))} {published.why}
        </p>
      )}
    </div>
  )
}
