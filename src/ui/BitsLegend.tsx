import { bitPosition, viridis } from './maps/colour'
import { bitsWords } from './words/bits'

/** Which colour is which width. */
export function BitsLegend({ widths, label }: { widths: readonly number[]; label: string }) {
  return (
    <ul className="swatches" aria-label={label}>
      {widths.map((width) => (
        <li key={width}>
          <i style={{ background: viridis.css(bitPosition(width)) }} aria-hidden="true" />
          {bitsWords.width(width)}
        </li>
      ))}
    </ul>
  )
}
