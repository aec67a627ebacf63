import { FormatError } from '../../errors'
import { type GridName, gridNames } from '../../formats/gguf/grids'
import { ggmlTypes } from '../../formats/gguf/types'
import type { Gpu } from '../../gpu/device'
import type { Tensor } from '../../gpu/tensor'
import { dequantizeInto, freeLinear, uploadLinear } from '../../kernels/dequantize'
import { scaleLines, subtract } from '../../kernels/matrix'
import { readColumnSums, recordColumnSums, total } from '../../linalg/column-sums'
import { recordTimesPanels } from '../../linalg/panel-products'
import type { Panels } from '../../linalg/panels'
import type { LinearSpec, ModelSpec } from '../../models/spec'
import { type Columns, reachable } from '../allocation/columns'
import { project } from '../allocation/project'
import { roundToType } from '../block-grid'
import type { BlockContext, ModelContext } from '../method'

/** The type of every linear, by its name; linears whose rows no block divides have none. */
export type Types = ReadonlyMap<string, GridName>

/** Sizes to choose from, in bits a weight, each with its types: the first that divides a row is taken. */
const sizes: readonly { readonly bits: number; readonly types: readonly GridName[] }[] = (
  [['Q2_K'], ['Q3_K'], ['Q4_K', 'Q4_0'], ['Q5_K', 'Q5_0'], ['Q6_K'], ['Q8_0']] as GridName[][]
).map((types) => ({ bits: (8 * ggmlTypes[types[0]!].bytes) / ggmlTypes[types[0]!].weights, types }))

const typesOf = (columns: number): (GridName | undefined)[] =>
  sizes.map(({ types }) => types.find((type) => columns % ggmlTypes[type].weights === 0))

interface Scored {
  readonly name: string
  readonly types: readonly (GridName | undefined)[]
  readonly weights: number
  /** What the loss rises by to second order, for each size. */
  readonly costs: readonly number[]
}

/**
 * Types under one budget for the whole model: those of the least Σ ωᵣ·(D H Dᵀ)ᵣᵣ, D what rounding to nearest leaves and ω what an
 * error of each output costs, whose stored bits are at most `target` a weight.
 */
export async function chooseTypes(model: ModelContext, target: number): Promise<Types> {
  checkBudget(model.model, target)
  const sensitivities = await model.sensitivities()
  const scored: Scored[] = []
  await model.forEachBlock(async (block) => {
    const { linears } = block.model
    for (const [stage, { panels }] of await block.hessians([...new Set(linears.map((linear) => linear.stage))]))
      for (const spec of linears.filter((linear) => linear.stage === stage)) {
        const name = block.nameOf(spec)
        const types = typesOf(spec.in)
        if (!types.some(Boolean)) continue
        const emphasis = block.gpu.upload(sensitivities.get(name)!)
        const costs: number[] = []
        for (const type of types) costs.push(type ? await costOf(block, spec, type, panels, emphasis) : Number.NaN)
        block.gpu.free(emphasis)
        scored.push({ name, types, weights: spec.out * spec.in, costs })
      }
  })
  return allocate(scored, target)
}

/** Before anything is measured: rows that no large block divides leave no small type. FormatError below what there is. */
function checkBudget({ linears }: ModelSpec, target: number): void {
  const [least] = reachable(
    columnsOf(linears.map((linear) => ({ types: typesOf(linear.in), weights: linear.out * linear.in }))),
  )
  if (target < least)
    throw new FormatError(
      `stored bits: expected at least ${Math.ceil(least * 1000) / 1000}, which rows of ${[...new Set(linears.map((linear) => linear.in))].join(' and ')} columns permit, got ${target} — raise them`,
    )
}

type Sized = Pick<Scored, 'types' | 'weights'>

/** Linears as what a budget is spread over; such as no block divides have no part in it. */
function columnsOf(linears: readonly Sized[]): Columns {
  const sized = linears.filter(({ types }) => types.some(Boolean))
  return {
    candidates: sizes.map(({ bits }) => bits),
    weights: sized.map(({ weights }) => weights),
    allowed: Uint8Array.from(sized, ({ types }) =>
      types.reduce((mask, type, k) => mask | (Number(Boolean(type)) << k), 0),
    ),
  }
}

function allocate(scored: readonly Scored[], target: number): Types {
  const scores = Float64Array.from(scored.flatMap(({ costs }) => costs.map((cost) => (Number.isNaN(cost) ? 0 : -cost))))
  const { choice } = project(scores, columnsOf(scored), target)
  return new Map(scored.map(({ name, types }, i) => [name, types[choice[i]!]!]))
}

async function costOf(block: BlockContext, spec: LinearSpec, type: GridName, h: Panels, emphasis: Tensor) {
  block.checkCancelled()
  const { gpu } = block
  const w = block.weight(spec)
  const linear = await roundToType(gpu, block.nameOf(spec), spec, type, w)
  return errorOf(gpu, w, uploadLinear(gpu, linear), h, emphasis)
}

/** Σ ωᵣ·(D H Dᵀ)ᵣᵣ, D = W − Ŵ. */
async function errorOf(gpu: Gpu, w: Tensor, packed: ReturnType<typeof uploadLinear>, h: Panels, emphasis: Tensor) {
  const [rows = 0, columns = 0] = w.shape
  const count = rows * columns
  const d = gpu.alloc(w.shape, 'f32', 'difference')
  const product = gpu.alloc(w.shape, 'f32', 'difference times hessian')
  const rec = gpu.record()
  dequantizeInto(rec, packed, product)
  rec.run(subtract, { a: w, b: product, d }, { count })
  recordTimesPanels(rec, { a: d, panels: h, c: product })
  const weighed = gpu.alloc(w.shape, 'f32', 'weighed difference')
  rec.run(scaleLines, { x: d, s: emphasis, y: weighed }, { count, every: columns, lines: rows, divide: 0 })
  const sums = recordColumnSums(gpu, rec, weighed, product)
  await gpu.submit(rec)
  freeLinear(gpu, packed)
  gpu.free(d, product, weighed)
  const [columnErrors] = await readColumnSums(gpu, [sums])
  return Math.max(0, total(columnErrors!))
}

/** What `chooseTypes` holds of a linear at its fullest, beside its weights: an upper bound for all types. */
export const choosing = ({ out, in: columns }: LinearSpec) => {
  const smallest = Math.min(...gridNames.map((name) => ggmlTypes[name].weights)) / 2
  const lines = [out, Math.ceil(columns / smallest)]
  const weights = [out, columns]
  return [{ weights: [weights, weights, weights, weights, lines, lines, [columns], [columns], [out]] }]
}
