import { type CodeTally, type Distributions, entropyBits, type Histogram } from '../../workers/api'
import { formatError, formatInteger, formatNumber, formatShare, formatTenths } from '../format'
import { CODES, ERRORS, WEIGHTS } from '../words/distributions'
import type { BinPanel, PanelLevel } from './bin-panels'

const totalOf = ({ counts, below, above }: Histogram): number => counts.reduce((sum, n) => sum + n, below + above)

/** The part of a histogram's values inside [low, high], which are edges of its bins. */
function shareWithin(histogram: Histogram, low: number, high: number): number {
  const { counts } = histogram
  const width = (histogram.high - histogram.low) / counts.length
  let inside = 0
  counts.forEach((n, bin) => {
    const middle = histogram.low + (bin + 0.5) * width
    if (middle > low && middle < high) inside += n
  })
  return inside / Math.max(1, totalOf(histogram))
}

/** Values that a bar should hold on average: fewer make a picket fence of chance. */
const FEW = 12

/** The same counts in fewer bins, two, four or eight as one, while bars hold few and `least` bins a unit are left. */
function coarse(histogram: Histogram, least = 0): Histogram {
  const { low, high, counts } = histogram
  let factor = 1
  const bins = () => counts.length / factor
  const halves = () => counts.length % (2 * factor) === 0 && bins() / 2 / (high - low) >= least
  while (factor < 8 && totalOf(histogram) < FEW * bins() && halves()) factor *= 2
  const merged = new Uint32Array(bins())
  counts.forEach((n, bin) => {
    merged[Math.floor(bin / factor)]! += n
  })
  return { ...histogram, counts: merged }
}

const beyondOf = (histogram: Histogram): string => {
  const part = (histogram.below + histogram.above) / Math.max(1, totalOf(histogram))
  return part > 0 ? `, ${WEIGHTS.beyond(formatShare(part))}` : ''
}

export function weightPanels({ weights, stored }: Distributions): BinPanel[] {
  const panel = (title: string, histogram: Histogram): BinPanel => ({
    ...coarse(histogram),
    ...{ title: `${title}${beyondOf(histogram)}`, unit: CODES.unitWeight },
  })
  return [...(weights ? [panel(WEIGHTS.original, weights)] : []), panel(WEIGHTS.stored, stored)]
}

export function errorPanels({ error, relative }: Distributions): BinPanel[] {
  if (!error) return []
  const within = relative && shareWithin(relative, -0.5, 0.5)
  return [
    {
      ...{ ...coarse(error), title: `${ERRORS.raw}: ${ERRORS.rms(formatError(error.rms))}${beyondOf(error)}` },
      ...{ unit: ERRORS.unit, guides: [0] },
    },
    ...(relative
      ? [
          {
            ...{
              ...coarse(relative),
              title: `${ERRORS.relative}: ${ERRORS.within(formatTenths(within!))}${beyondOf(relative)}`,
            },
            ...{ unit: CODES.unitSteps, guides: [-0.5, 0, 0.5] },
          },
        ]
      : []),
  ]
}

/** Bars of a step at the least. */
const BARS_A_STEP = 4

/** Codes of one kind, told in numbers. */
export interface CodeFacts {
  readonly name: string
  readonly weights: number
  readonly share: number
  readonly bits: number
  readonly entropy: number
  readonly used: number
  readonly codes: number
  /** Part of the originals beyond half a step of the outermost levels; null where that is not known. */
  readonly clipped: number | null
}

export function codeFacts({ codes }: Distributions): CodeFacts[] {
  const all = codes.reduce((sum, { weights }) => sum + weights, 0)
  return codes.map(({ kind, bits, counts, weights, places, levels }) => ({
    ...{ name: CODES.kinds[kind](Math.round(bits)), weights, share: weights / Math.max(1, all), bits },
    ...{ entropy: entropyBits(counts), used: counts.filter((n) => n > 0).length, codes: counts.length },
    clipped: places && !levels && weights > 0 ? 1 - shareWithin(places, -0.5, counts.length - 0.5) : null,
  }))
}

/** Mean entropy and mean width over the weights. */
export const codeMeans = (facts: readonly CodeFacts[]): { entropy: number; bits: number } => ({
  entropy: facts.reduce((sum, { share, entropy }) => sum + share * entropy, 0),
  bits: facts.reduce((sum, { share, bits }) => sum + share * bits, 0),
})

function levelsOf({ kind, counts, weights, levels }: CodeTally): PanelLevel[] {
  const name = (code: number) => {
    if (kind === 'sign') return CODES.group(code >> 1, code % 2 === 1)
    return kind === 'pair' ? CODES.pair(code >= 2, code % 2 === 1) : CODES.code(code)
  }
  return Array.from(counts, (n, code) => {
    const place = levels?.[code] ?? { mean: code, low: code, high: code }
    return { name: name(code), share: n / Math.max(1, weights), at: place.mean, low: place.low, high: place.high }
  }).filter(({ share, at }) => share > 0 || Number.isFinite(at))
}

/** A panel a width: where the originals lie among the levels, and how often each level is stored. */
export function codePanels(found: Distributions): BinPanel[] {
  const facts = codeFacts(found)
  return found.codes.flatMap((tally, i) => {
    const { name, entropy, bits, used, codes, clipped } = facts[i]!
    if (tally.weights === 0) return []
    const told = CODES.told(
      formatNumber(entropy, 2),
      formatNumber(bits, Number.isInteger(bits) ? 0 : 2),
      codes - used,
      clipped === null ? null : formatShare(clipped),
    )
    const even = tally.levels === null
    const reach = Math.max(
      ...(tally.levels ?? []).filter(({ mean }) => !Number.isNaN(mean)).map(({ low, high }) => Math.max(-low, high)),
      0,
    )
    const nothing = even
      ? { low: -1, high: codes, counts: new Uint32Array(codes + 1), below: 0, above: 0 }
      : { low: -1.1 * reach, high: 1.1 * reach, counts: new Uint32Array(64), below: 0, above: 0 }
    const every = Math.max(1, codes / 16)
    return [
      {
        ...(tally.places ? coarse(tally.places, even ? BARS_A_STEP : 0) : nothing),
        ...{ title: `${name}: ${told}`, levels: levelsOf(tally), unit: even ? CODES.unitSteps : CODES.unitWeight },
        ...(even
          ? { ticks: Array.from({ length: codes }, (_, code) => code).filter((code) => code % every === 0) }
          : {}),
      },
    ]
  })
}

/** All panels of a figure as rows: which, from, to, count. */
export const panelRows = (panels: readonly BinPanel[]): (string | number)[][] =>
  panels.flatMap(({ title, low, high, counts, below, above }) => {
    const name = title.split(/[:,]/)[0]!
    const edge = (bin: number) => Number((low + (bin * (high - low)) / counts.length).toPrecision(6))
    return [
      [name, '', edge(0), below],
      ...Array.from(counts, (n, bin) => [name, edge(bin), edge(bin + 1), n]),
      [name, edge(counts.length), '', above],
    ]
  })

export const levelRows = (panels: readonly BinPanel[]): (string | number)[][] =>
  panels.flatMap(({ title, levels }) =>
    (levels ?? []).map(({ name, at, share }) => [title.split(':')[0]!, name, at, share]),
  )

export const weightsText = (found: Distributions): string => {
  const [first] = found.extremes
  const counted = WEIGHTS.counted(formatInteger(found.rows * found.in))
  return first ? `${counted}, ${WEIGHTS.largest(formatError(Math.abs(first.value)), first.column)}` : counted
}
