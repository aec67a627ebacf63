import { GPTQ_BLOCK } from '../../kernels/quantize'
import { SPREAD } from '../../kernels/saliency'
import type { LinearSpec } from '../../models/spec'
import type { MethodMemory, Moment, Shape } from '../memory'
import { fitShapes } from './fit'
import type { SageOptions } from './options'
import { firstRatio } from './saliency'
import { drawn } from './sample'
import { planeShapes } from './store'

/** Shapes of everything that SAGE-PTQ holds at its fullest moments. How many groups there will be is not known before: as many as may be. */
export function sageMemory(options: SageOptions): MethodMemory {
  return {
    ...{ together: true, throughout: [], kept: () => [], stage: () => [], plan: null },
    linear: (linear) => [...fitMoments(linear, options), ...storeMoments(linear, options)],
  }
}

const mostGroups = ({ groups, mostGroups: most }: SageOptions): number => groups || most

/** While samples are taken, their graphs made, and the spread of magnitudes counted. */
export function fitMoments({ out, in: columns }: LinearSpec, options: SageOptions): Moment[] {
  const before = fitShapes(out, 1)
  const p = firstRatio(options)
  const draws = options.graphs * Math.min(out * columns, drawn(p, options.sample))
  const nodes = options.graphs * Math.min(options.sample, Math.round((1 - p) * out * columns))
  return [
    { weights: [...before, [draws], [draws, 2]] },
    { weights: [...before, [nodes], [nodes], [nodes]] },
    { weights: [...fitShapes(out, mostGroups(options)), [SPREAD]] },
  ]
}

/** While codes are packed. */
export function storeMoments({ out, in: columns }: LinearSpec, options: SageOptions): Moment[] {
  const groups = mostGroups(options)
  const codes: Shape[] = [...fitShapes(out, groups), [out, columns]]
  return [{ weights: [...codes, ...planeShapes(out, columns, groups)] }]
}

/** While errors are compensated. */
export function compensationMoments({ out, in: columns }: LinearSpec, options: SageOptions): Moment[] {
  const weights = [out, columns]
  return [{ weights: [...fitShapes(out, mostGroups(options)), weights, weights, [out, GPTQ_BLOCK]] }]
}
