import { allocationLoss } from '../../autograd/ops/allocation'
import type { Gpu } from '../../gpu/device'
import { elements, type Tensor } from '../../gpu/tensor'
import { columnDot, dotSlices } from '../../kernels/matrix'
import { recordTimesPanels } from '../../linalg/panel-products'
import type { Panels } from '../../linalg/panels'
import { parseCandidates } from '../allocation/candidates'
import { recordCandidateErrors } from '../candidate-errors'
import { adjacencyOf, gaussianTensor, nodeFeatures, propagate } from './graph'
import type { MgptqOptions } from './options'
import type { Context, Layer, Scores } from './score'
import { settle } from './settle'
import { trainAllocator } from './train'
import { trainingWarnings } from './warnings'

/** Errors of more rows are projected at random to so many: tr(D H Dᵀ) then costs as many products instead of one a row. */
const MOST_ROWS = 1024
const PROJECTED = 128

/** Rows that errors of so many are projected to; null where they are kept as they are. */
export const projectedRows = (rows: number): number | null => (rows > MOST_ROWS ? PROJECTED : null)

/** The published allocator (methods E1–E8): a network of its own for every linear, from scratch. */
export async function learnOutput(
  { gpu, report, checkCancelled }: Context,
  options: MgptqOptions,
  { name, matrices, evidence, seed }: Layer,
): Promise<Scores> {
  const { allocator, adjacency: kind, alpha, steps, learningRate, noise, fit } = options
  const { weights, hessian } = matrices
  const { statistics, importance } = evidence
  const widths = parseCandidates(options.candidates)
  const [rows = 0, n = 0] = weights.shape

  const fewer = projectedRows(rows)
  const project = fewer === null ? null : gaussianTensor(gpu, [fewer, rows], Math.sqrt(1 / fewer), seed)
  const rec = gpu.record()
  const candidates = recordCandidateErrors(gpu, rec, weights, {
    ...{ widths, search: fit === 'search', importance, errors: project ? { project } : 'keep' },
  })
  await gpu.submit(rec)
  const norm = await quadraticNorm(gpu, weights, hessian)

  const features = await nodeFeatures(gpu, options.features, weights, statistics, seed)
  const graph = allocator === 'gcn' ? await adjacencyOf(gpu, kind, matrices, statistics) : null
  const propagated = graph ? await propagate(gpu, graph.adjacency, features) : features
  const linear = { name, layer: 0, stage: 0 as const, out: rows, in: n }
  const indexOf = new Map(widths.map((width, k) => [width as number, k]))
  const choose = (scores: Float32Array) => settle([{ ...linear, scores }], options, seed).get(name)!
  const target = mean(choose(new Float32Array(n * widths.length)))
  const bits = gpu.upload(Float32Array.from(widths))
  const problem = { errors: candidates.errors!, hessian, norm, widths: bits, alpha, target }
  try {
    const trained = await trainAllocator(gpu, {
      objective: (tape, p, logits, temperature) => allocationLoss(tape, p, logits, problem, temperature),
      ...{ features: propagated, adjacency: graph?.adjacency ?? null, choices: widths.length, target },
      ...{ seed, steps, rate: learningRate, noise, checkCancelled },
      project: (logits) => choose(logits).map((width) => indexOf.get(width)!),
      onSteps: (training) => report({ type: 'training', name, steps, training }),
    })
    const warnings = await trainingWarnings(gpu, trained.signals, graph ? matrices.upper : null, statistics)
    return { scores: trained.logits, training: trained.training, warnings }
  } finally {
    gpu.free(bits, candidates.errors ?? undefined, candidates.table, project ?? undefined, features)
    if (graph) gpu.free(propagated)
    graph?.free()
  }
}

/** tr(W H Wᵀ), 1 for a matrix without output. */
async function quadraticNorm(gpu: Gpu, w: Tensor, h: Panels): Promise<number> {
  const [rows = 0, columns = 0] = w.shape
  const product = gpu.alloc(w.shape)
  const sums = gpu.alloc([dotSlices(rows), columns])
  const rec = gpu.record()
  recordTimesPanels(rec, { a: w, panels: h, c: product })
  rec.run(columnDot, { a: w, b: product, sums }, { rows, columns })
  await gpu.submit(rec)
  const values = await gpu.readF32(sums)
  gpu.free(product, sums)
  const total = values.reduce((sum, value) => sum + value, 0)
  return elements(w.shape) > 0 && total > 0 ? total : 1
}

const mean = (values: Uint8Array): number => values.reduce((sum, value) => sum + value, 0) / values.length
