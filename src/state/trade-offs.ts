import type { RunHead, RunSetting } from '../archived-run'
import type { Measurement } from './measurements'
import { recipeLabel } from './recipe'
import { scoreOf } from './run-table'
import type { RunRecord } from './runs'

/** What a run stores and what that costs, under one way of measuring. */
export interface TradeOff {
  readonly run: number
  readonly label: string
  /** All stored bits a weight. */
  readonly bits: number
  /** Of the packed file, where runs are ordered by it. */
  readonly bytes?: number
  readonly perplexity: number
  /** No other run has lower perplexity at no more bits, or bytes. */
  readonly best: boolean
}

/** The runs of one model under one protocol and text, by growing bits, or bytes of their packed files. */
export interface TradeOffs {
  /** Bits unless said. */
  readonly cost?: 'bits' | 'bytes'
  readonly text: string
  readonly protocol: string
  readonly maxTokens: number | null
  readonly modelName: string
  /** Of the original, where it was measured. */
  readonly original: number | null
  readonly points: readonly TradeOff[]
}

/**
 * The last way of measuring that two or more runs of the last run's model have in common; null where there is none. What
 * is not finite has no place on a chart and is left out.
 */
export function tradeOffs(runs: readonly RunRecord[], measurements: readonly Measurement[]): TradeOffs | null {
  const last = runs.at(-1)
  if (!last) return null
  const own = new Map(runs.filter(({ model }) => model === last.model).map((run) => [run.run, run]))
  const lines = measurements.filter(
    ({ model, run, after }) => model === last.model && own.has(run) && Number.isFinite(after?.perplexity),
  )
  for (const { text, protocol, maxTokens } of [...lines].reverse()) {
    const alike = lines.filter(
      (line) => line.text === text && line.protocol === protocol && line.maxTokens === maxTokens,
    )
    if (alike.length < 2) continue
    const original = alike.find(({ before }) => before)?.before?.perplexity ?? null
    const points = alike.map(({ run, after }) => {
      const { label, bits } = own.get(run)!
      return { run, label, bits: bits.total, perplexity: after!.perplexity }
    })
    return { text, protocol, maxTokens, modelName: last.modelName, original, points: marked(points) }
  }
  return null
}

/** The same of kept runs, which are of one model; null of fewer than two. */
export function keptTradeOffs(runs: readonly RunHead[], setting: RunSetting, cost: 'bits' | 'bytes'): TradeOffs | null {
  const measured = runs.flatMap((run) => {
    const score = scoreOf(run, setting)
    return score && Number.isFinite(score.perplexity) && score.perplexity! > 0 ? [{ run, score }] : []
  })
  if (measured.length < 2) return null
  const points = measured.map(({ run: { number, recipe, bits, packedBytes }, score }) => ({
    ...{ run: number, label: recipeLabel(recipe), bits: bits.total, bytes: packedBytes },
    perplexity: score.perplexity!,
  }))
  const original = measured.find(({ score }) => Number.isFinite(score.original))?.score.original ?? null
  const { text, protocol, maxTokens } = setting
  return {
    ...{ cost, text, protocol, maxTokens, modelName: measured[0]!.run.model.name, original },
    points: marked(points, cost),
  }
}

/** What a point pays. */
export const costOf = ({ bits, bytes }: Pick<TradeOff, 'bits' | 'bytes'>, cost: TradeOffs['cost']): number =>
  cost === 'bytes' ? (bytes ?? 0) : bits

/** Sorted, with the Pareto front marked: each of it is lower than all before it. */
function marked(points: readonly Omit<TradeOff, 'best'>[], cost: TradeOffs['cost'] = 'bits'): TradeOff[] {
  let lowest = Number.POSITIVE_INFINITY
  return [...points]
    .sort((a, b) => costOf(a, cost) - costOf(b, cost) || a.perplexity - b.perplexity)
    .map((point) => {
      const best = point.perplexity < lowest
      lowest = Math.min(lowest, point.perplexity)
      return { ...point, best }
    })
}
