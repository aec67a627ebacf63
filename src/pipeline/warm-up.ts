import type { Gpu } from '../gpu/device'
import type { Recorder } from '../gpu/recorder'
import type { Tensor, TensorType } from '../gpu/tensor'
import { embed } from '../kernels/embed'
import { widen } from '../kernels/widen'
import { Hessian } from '../linalg/hessian'
import type { Method } from '../methods/method'
import { BlockForward } from '../models/block'
import type { RopeSpec } from '../models/rope'
import { freeRopeTables } from '../models/rope-tables'
import type { ModelSpec } from '../models/spec'
import type { BlockParameters, BlockWeights } from '../models/weights'
import { batchWindows } from './batching'
import { recordModuleError } from './module-error'

/**
 * Compiles what a calibrated run executes before its first block and in every one, all at once: otherwise the GPU waits for
 * one pipeline after another. Records it on tensors that hold nothing, and runs nothing.
 */
export async function warmUp<O>(
  gpu: Gpu,
  spec: ModelSpec,
  { method, options }: { readonly method: Method<O, unknown>; readonly options: O },
  { samples, length }: { readonly samples: number; readonly length: number },
): Promise<void> {
  const before = gpu.pool.alive()
  const rec = gpu.record()
  try {
    recordBlock(gpu, rec, spec, { method, options }, { samples, length })
  } catch (error) {
    gpu.pool.freeOthers(before)
    throw error
  }
  await gpu.compile(rec)
}

function recordBlock<O>(
  gpu: Gpu,
  rec: Recorder,
  spec: ModelSpec,
  { method, options }: { readonly method: Method<O, unknown>; readonly options: O },
  { samples, length }: { readonly samples: number; readonly length: number },
): void {
  const alloc = (shape: readonly number[], type?: TensorType) => gpu.alloc(shape, type, 'warm-up')
  const table = (rope: RopeSpec | null) =>
    rope && { cosines: alloc([length, rope.turned / 2]), sines: alloc([length, rope.turned / 2]) }
  const tables = { positions: length, whole: table(spec.rope), local: table(spec.localRope) }
  const parameters = Object.fromEntries(
    spec.parameters.map(({ key, shape }) => [key, alloc(shape)]),
  ) as unknown as BlockParameters
  const weights = Object.fromEntries(
    spec.linears.map(({ role, out, in: columns, bias }) => [
      role,
      { weight: alloc([out, columns]), bias: bias ? alloc([out]) : null },
    ]),
  ) as BlockWeights['linears']

  const [vectors, row, halves] = [alloc([1, spec.hidden]), alloc([1, spec.hidden]), alloc([1], 'u32')]
  for (const kernel of Object.values(widen)) rec.run(kernel, { halves, y: row }, { first: 0, count: 1 })
  rec.run(embed, { ids: halves, table: vectors, y: row }, { tokens: 1, hidden: spec.hidden, first: 0, count: 1 })
  gpu.free(vectors, row, halves)

  const windows = Math.min(samples, batchWindows(gpu.info, spec, length))
  const inputs = new Map<number, number>(spec.linears.map(({ stage, in: columns }) => [stage, columns]))
  const hessians = new Map(
    [...inputs].map(([stage, columns]) => [stage, Hessian.create(gpu, rec, columns, windows * length)]),
  )
  const x = alloc([windows * length, spec.hidden])
  const block = new BlockForward(gpu, spec, tables)
  const tap = (stage: number, input: Tensor) => hessians.get(stage)!.add(rec, input)
  // layers that see windows run other kernels than those that see all
  for (const window of new Set(spec.windows)) {
    const whole = { ...parameters, linears: weights, layer: spec.windows.indexOf(window) }
    gpu.free(block.run(rec, whole, x, { windows, length }, { tap }))
  }
  gpu.free(x)
  for (const hessian of hessians.values()) hessian.finish(rec)

  for (const linear of spec.linears) {
    const { weight, bias } = weights[linear.role]
    const { panels } = hessians.get(linear.stage)!
    gpu.free(...recordModuleError(gpu, rec, weight, weight, panels), weight, bias ?? undefined)
    method.warmUp?.(gpu, rec, linear, options)
  }
  for (const hessian of hessians.values()) hessian.free()
  gpu.free(...Object.values(parameters))
  freeRopeTables(gpu, tables)
}
