import { blockGrids, type GridName } from '../../formats/gguf/grids'
import { blockShapes } from '../../models/block-shapes'
import type { LinearSpec, ModelSpec } from '../../models/spec'
import { gridMoments } from '../affine'
import { blockGridMoments, gridOf } from '../block-grid'
import type { BlockWindows, MethodMemory, Moment, Shape } from '../memory'
import { type AwqOptions, searchesClips, searchesScales } from './options'
import { windowsSearched } from './part-errors'

/** Shapes of everything that AWQ holds at its fullest moments. */
export function awqMemory(options: AwqOptions): MethodMemory {
  return {
    ...{ together: true, throughout: [], kept: () => [], stage: () => [], plan: null },
    ...(searchesScales(options) && { block: scaleSearchMoments }),
    linear: (linear) => {
      const type = gridOf(options.grid, linear)
      const clips = searchesClips(options)
      if (type) return [...(clips ? [blockClipMoment(linear, type)] : []), ...blockGridMoments(linear, type, [])]
      return gridMoments(linear, options, clips ? clipSearchShapes(linear, options.groupSize) : [])
    },
  }
}

/** What `recordClipSearch` holds beside its results. */
function clipSearchShapes({ out, in: columns }: LinearSpec, groupSize: number): Shape[] {
  const groups = groupSize === -1 ? 1 : Math.ceil(columns / groupSize)
  const cells = [out, groups]
  const weights = [out, columns]
  return [cells, cells, cells, weights, weights]
}

/** What `clippedLines` holds at its fullest. */
function blockClipMoment({ out, in: columns }: LinearSpec, type: GridName): Moment {
  const { size, count } = blockGrids[type]
  const lines = [out, columns / size]
  const weights = [out, columns]
  return { weights: [lines, lines, lines, lines, [out, columns / size / count], weights, weights, [columns]] }
}

/**
 * What `searchScales` holds: a batch's inputs while their magnitudes are taken; and while it computes half a block rounded
 * copies of the weights it searches, and inputs, original and changed outputs of some windows. The search of a single
 * linear's scales takes less than its error does.
 */
export function scaleSearchMoments(model: ModelSpec, { samples, together, length }: BlockWindows): Moment[] {
  const tokens = Math.min(together, windowsSearched(samples, length)) * length
  const shapes = blockShapes(model, tokens)
  const states = [tokens, model.hidden]
  const half = (stage: 0 | 2, within: readonly Shape[]): Moment => ({
    weights: model.linears.filter((linear) => linear.stage === stage).map(({ out, in: columns }) => [out, columns]),
    activations: [states, states, ...within],
  })
  const seen = together * length
  const whole = blockShapes(model, seen).map((within) => ({ activations: [[seen, model.hidden], ...within] }))
  return [...whole, ...shapes.slice(0, -1).map((within) => half(0, within)), half(2, shapes.at(-1)!.slice(1))]
}
