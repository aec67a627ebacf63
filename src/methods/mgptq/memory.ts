import { ALIGNMENT } from '../../autograd/parameters'
import { gainSlices, LOSS_VALUES } from '../../kernels/allocation'
import { COLUMN_WORDS, errorSlices } from '../../kernels/mixed'
import { GPTQ_BLOCK } from '../../kernels/quantize'
import type { LinearSpec } from '../../models/spec'
import { parseCandidates } from '../allocation/candidates'
import { panelRows } from '../candidate-errors'
import { countOf, factoring, factorShapes, type MethodMemory, type Moment, type Shape } from '../memory'
import { LANES } from './compensated'
import { featureCount } from './graph'
import { type MgptqOptions, trains } from './options'
import { projectedRows } from './output'
import { WINDOW } from './signals'
import { DEFAULTS, HISTORY, REDRAWS } from './train'

/** Shapes of everything that mgptq.ts holds at its fullest moments. */
export function mgptqMemory(options: MgptqOptions): MethodMemory {
  const { budget, sensitivity, sequence } = options
  const scores = (linears: readonly LinearSpec[]) => linears.flatMap((linear) => scoring(linear, options))
  const stage = (linears: readonly LinearSpec[]) => [factoring(linears[0]!.in), ...scores(linears)]
  const network = parameterShape(LANES + choicesOf(options), choicesOf(options))
  return {
    together: sequence === 'layer',
    throughout: trains(options) && options.objective === 'compensated' ? [network, network] : [],
    kept: factorShapes,
    stage: budget === 'layer' ? stage : ([first]) => [factoring(first!.in)],
    linear: (linear) => rounding(linear, options),
    plan:
      budget === 'layer' && sensitivity === 'none'
        ? null
        : { sensitivities: sensitivity !== 'none', stage: budget === 'model' ? stage : null },
    largest: ({ module, out, in: n }) =>
      trains(options) && options.objective === 'output'
        ? {
            what: `the candidate errors of ${module}`,
            shape: [choicesOf(options), projectedRows(out) ?? out, n],
            remedy: 'use the compensated objective, fewer candidates, or a device with larger buffers',
          }
        : null,
  }
}

const choicesOf = ({ candidates }: MgptqOptions): number => parseCandidates(candidates).length

/** A linear's factor in another order, its corrected weights, and GPTQ's working copy with codes and ranges. */
function rounding({ out, in: n }: LinearSpec, { order, correction, groupSize, ranges, candidates }: MgptqOptions) {
  const weights = [out, n]
  const square = [n, n]
  const along = order === 'original' ? [] : factorShapes(n)
  const corrected = correction > 0 ? [weights] : []
  const widths = parseCandidates(candidates)
  const runs = ranges === 'width' ? widths.length : Number(widths[0] === 1) + Number(widths.at(-1)! > 1)
  // whole groups in each run of columns, so that how many there are hardly depends on the widths
  const groups = Math.max(runs, Math.round(n / (groupSize === -1 ? n : groupSize)))
  const moments: Moment[] = [
    {
      hessians: along,
      weights: [[n], ...corrected, [n], weights, ...rangeShapes(out, n, groups), weights, [out, GPTQ_BLOCK]],
    },
  ]
  if (along.length > 0) moments.push({ hessians: [...factorShapes(n), ...factoring(n).hessians!] })
  if (correction > 0) moments.push({ hessians: along, weights: [[n], weights, square, weights, weights] })
  return moments
}

/** As `allocRanges` makes them. */
const rangeShapes = (rows: number, n: number, groups: number): Shape[] => [
  ...[[n, COLUMN_WORDS], [n], [groups, 2], [n]],
  ...[
    [rows, groups],
    [rows, groups],
  ],
]

/** What `recordCandidateErrors` holds beside its results; errors it keeps are the panel. */
function candidateShapes(rows: number, n: number, panel: number, choices: number, keep: boolean): Shape[] {
  const all = Array.from({ length: choices }, () => rangeShapes(rows, n, Math.ceil(n / GPTQ_BLOCK))).flat()
  return [...(keep ? [] : [[panel, n]]), [errorSlices(panel), n], [rows], ...all]
}

/** The evidence on a linear's columns, and the network that learns from it. */
function scoring({ out, in: n }: LinearSpec, options: MgptqOptions): Moment[] {
  const choices = choicesOf(options)
  const emphasis = options.sensitivity === 'none' ? [] : [[out]]
  const evidence = [...emphasis, [choices, n], [n]]
  const gathering = candidateShapes(out, n, panelRows(out, n), choices, false)
  const learning = !trains(options)
    ? []
    : options.objective === 'output'
      ? output(out, n, options)
      : compensated(n, options)
  return [
    { weights: [...evidence, ...gathering] },
    ...learning.map(({ hessians, weights = [] }) => ({ hessians: hessians ?? [], weights: [...evidence, ...weights] })),
  ]
}

/** The network of compensated.ts is there throughout. */
function compensated(n: number, options: MgptqOptions): Moment[] {
  const choices = choicesOf(options)
  const features = LANES + choices
  const table = [choices, n]
  const held = [table, [n], [1], [n], [n, features], [choices], [n, choices]]
  const objective = { kept: [[2], table, table], passing: [[2, n]] }
  return training(n, features, held, objective, options)
}

/** The network of output.ts is one of the linear's own. */
function output(rows: number, n: number, options: MgptqOptions): Moment[] {
  const choices = choicesOf(options)
  const projected = projectedRows(rows)
  const kept = projected ?? rows
  const project = projected ? [[projected, rows]] : []
  const errors = [
    [choices, kept, n],
    [choices, n],
  ]
  const panel = projected ? panelRows(rows, n) : rows
  const features = featureCount(options.features, rows)
  const network = parameterShape(features, choices)
  const held = [...project, ...errors, [n, features], [choices], network, network]
  const objective = {
    kept: [[gainSlices(kept), choices, n]],
    passing: [
      [kept, n],
      [kept, n],
    ],
  }
  return [
    { weights: [...project, ...errors, ...candidateShapes(rows, n, panel, choices, !projected)] },
    ...training(n, features, held, objective, options),
  ]
}

interface ObjectiveShapes {
  /** Until its gradient was taken. */
  readonly kept: readonly Shape[]
  /** Only while it is recorded. */
  readonly passing: readonly Shape[]
}

/** train.ts beside `held`: a step on the way there, on the way back, and draws again and again at the end. */
function training(
  n: number,
  features: number,
  held: readonly Shape[],
  { kept, passing }: ObjectiveShapes,
  options: MgptqOptions,
): Moment[] {
  const { adjacency, objective, steps } = options
  const choices = choicesOf(options)
  const graph = options.allocator === 'gcn'
  const moments = parameterShape(features, choices)
  const logits = [n, choices]
  const hidden = (count: number): Shape[] => Array.from({ length: count }, () => [n, DEFAULTS.hidden])
  const base = objective === 'compensated' ? [logits] : []
  const loss = [LOSS_VALUES]
  const draw = [...kept, logits, loss]
  // inputs, messages (and what is heard of them along the graph), their norm and the inner layer
  const forward = [...hidden(graph ? 5 : 4), logits, ...base]
  const fullest = [
    [...forward, ...draw, ...passing],
    // the same, and two gradients, once what lies behind the inner layer is done
    [...hidden(graph ? 7 : 6)],
    ...(steps < WINDOW ? [] : [[...forward, ...Array.from({ length: REDRAWS }, () => draw).flat(), ...passing]]),
  ]
  const run = [moments, moments, HISTORY, logits, loss]
  const propagated = graph ? [[n, features]] : []
  const matrix = graph && adjacency !== 'factor' ? [[n, n]] : []
  return fullest.map((shapes) => ({ hessians: matrix, weights: [...held, ...propagated, ...run, ...shapes] }))
}

/** Of all parameters of network.ts together. */
function parameterShape(features: number, choices: number): Shape {
  const { hidden } = DEFAULTS
  const parameters = [[features, hidden], [hidden, hidden], [hidden, hidden], [hidden], [hidden, choices], [choices]]
  return [parameters.reduce((sum, shape) => sum + Math.ceil(countOf(shape) / ALIGNMENT) * ALIGNMENT, 0)]
}
