import type { LinearSpec, ModelSpec } from '../../models/spec'
import { gridMoments } from '../affine'
import type { BlockWindows, MethodMemory, Moment, Shape } from '../memory'
import { type AwqOptions, searchesClips, searchesScales } from './options'
import { windowsSearched } from './part-errors'

/** Shapes of everything that AWQ holds at its fullest moments. */
export function awqMemory(options: AwqOptions): MethodMemory {
  return {
    ...{ together: true, throughout: [], kept: () => [], stage: () => [], plan: null },
    ...(searchesScales(options) && { block: scaleSearchMoments }),
    linear: (linear) =>
      gridMoments(linear, options, searchesClips(options) ? clipSearchShapes(linear, options.groupSize) : []),
  }
}

/** What `recordClipSearch` holds beside its results. */
export function clipSearchShapes({ out, in: columns }: LinearSpec, groupSize: number): Shape[] {
  const groups = groupSize === -1 ? 1 : Math.ceil(columns / groupSize)
  const cells = [out, groups]
  const weights = [out, columns]
  return [cells, cells, cells, weights, weights]
}

/**
 * What `searchScales` holds while it computes half a block: rounded copies of the weights it searches, and inputs,
 * original and changed outputs of some windows. The search of a single linear's scales takes less than its error does.
 */
export function scaleSearchMoments(model: ModelSpec, { samples, together, length }: BlockWindows): Moment[] {
  const { hidden, ffn, heads, kvHeads, headDim } = model
  const tokens = Math.min(together, windowsSearched(samples, length)) * length
  const rows = (...widths: number[]) => widths.map((width) => [tokens, width])
  const keys = kvHeads * headDim
  const within = { 0: rows(hidden, heads * headDim, keys, keys, heads * headDim), 2: rows(hidden, ffn, ffn) }
  return ([0, 2] as const).map((stage) => ({
    weights: model.linears.filter((linear) => linear.stage === stage).map(({ out, in: columns }) => [out, columns]),
    activations: [...rows(hidden, hidden), ...within[stage]],
  }))
}
