import { kindOfRole } from '../../state/experts'
import { quantile } from '../../state/ranks'
import type { MappedModule } from '../../state/runs'
import { formatError, formatSetting } from '../format'
import { KINDS } from '../words/distributions'
import type { MapTheme } from './colour'
import { errorScale, type Scale } from './scale'

/** The errors of all modules of one kind. */
export interface ErrorKind {
  readonly kind: string
  readonly modules: number
  readonly low: number
  readonly median: number
  readonly high: number
  readonly worst: string
  /** Modules by their error, in equal steps of the whole figure's axis. */
  readonly counts: readonly number[]
}

export interface ErrorKinds {
  readonly what: 'output' | 'weight'
  readonly scale: Scale
  readonly kinds: readonly ErrorKind[]
}

const BINS = 48

/** Output errors where the run was calibrated, else those of the weights; null where neither is known. */
export function errorKinds(modules: readonly MappedModule[]): ErrorKinds | null {
  const what = modules.some(({ error }) => error.output !== null) ? 'output' : 'weight'
  const known = modules.flatMap((module) => {
    const error = module.error[what]
    return error !== null && error > 0 && Number.isFinite(error) ? [{ module, error }] : []
  })
  if (known.length === 0) return null
  const scale = errorScale(known.map(({ error }) => error))
  const groups = new Map<string, typeof known>()
  for (const one of known) {
    const kind = kindOfRole(one.module.role)
    const group = groups.get(kind)
    if (group) group.push(one)
    else groups.set(kind, [one])
  }
  const kinds = [...groups].map(([kind, group]) => {
    const sorted = group.toSorted((a, b) => a.error - b.error)
    const errors = sorted.map(({ error }) => error)
    const counts = new Array<number>(BINS).fill(0)
    for (const error of errors) counts[Math.min(BINS - 1, Math.floor(scale.at(error) * BINS))]!++
    return {
      ...{ kind, counts, modules: errors.length, worst: sorted.at(-1)!.module.name },
      ...{ low: errors[0]!, median: quantile(errors, 0.5), high: errors.at(-1)! },
    }
  })
  return { what, scale, kinds }
}

export const kindText = ({ kinds }: ErrorKinds, at: number | null): string => {
  const shown = at === null ? kinds.reduce((worst, kind) => (kind.median > worst.median ? kind : worst)) : kinds[at]
  if (!shown) return ''
  const { kind, modules, low, median, high, worst } = shown
  return KINDS.row(kind, modules, formatError(median), formatError(low), formatError(high), worst)
}

export interface KindsLayout {
  readonly left: number
  readonly width: number
  readonly row: number
  readonly height: number
}

const ROW = 26
const AXIS = 20
const LETTER = 6.5

export function layoutKinds({ kinds }: ErrorKinds, width: number): KindsLayout {
  const left = Math.max(64, ...kinds.map(({ kind }) => LETTER * (kind.length + 2)))
  return { left, width: Math.max(1, width - left - 12), row: ROW, height: kinds.length * ROW + AXIS }
}

export function kindAt({ kinds }: ErrorKinds, { row }: KindsLayout, y: number): number | null {
  const at = Math.floor(y / row)
  return at >= 0 && at < kinds.length ? at : null
}

export function drawKinds(
  ctx: CanvasRenderingContext2D,
  { kinds, scale }: ErrorKinds,
  { left, width, row, height }: KindsLayout,
  cursor: number | null,
  theme: MapTheme,
): void {
  const x = (value: number) => Math.round(left + width * scale.at(value))
  ctx.textBaseline = 'middle'
  ctx.font = `11px ${theme.font}`
  ctx.textAlign = 'center'
  for (const tick of scale.ticks) {
    ctx.fillStyle = theme.line
    ctx.fillRect(x(tick), 0, 1, height - AXIS)
    ctx.fillStyle = theme.muted
    ctx.fillText(formatSetting(tick), x(tick), height - AXIS / 2 + 2)
  }
  for (const [at, { kind, counts, median }] of kinds.entries()) {
    const bottom = (at + 1) * row - 3
    ctx.font = `11.5px ${theme.font}`
    ctx.textAlign = 'right'
    ctx.fillStyle = at === cursor ? theme.ink : theme.muted
    ctx.fillText(kind, left - 10, bottom - row / 2 + 3)
    const most = Math.max(...counts)
    for (const [bin, n] of counts.entries()) {
      if (n === 0) continue
      const from = Math.round(left + (width * bin) / counts.length)
      const to = Math.round(left + (width * (bin + 1)) / counts.length)
      const tall = Math.max(2, Math.round(((row - 7) * n) / most))
      ctx.fillStyle = at === cursor ? theme.ink : theme.laneMax
      ctx.fillRect(from, bottom - tall, Math.max(2, to - from - 1), tall)
    }
    ctx.fillStyle = theme.accent
    ctx.fillRect(x(median) - 1, bottom - row + 5, 2, row - 5)
    ctx.fillStyle = theme.line
    ctx.fillRect(left, bottom, width, 1)
  }
}
