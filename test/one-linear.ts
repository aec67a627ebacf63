import { expect } from 'vitest'
import type { SignLinear } from '../src/formats/quantized'
import { validateSign } from '../src/formats/sign-check'
import { Hessian } from '../src/linalg/hessian'
import type { Method, QuantizedModule, WorkingBlock } from '../src/methods/method'
import type { LinearSpec, ModelSpec } from '../src/models/spec'
import { noise, testGpu } from './device'
import { whole } from './panels'
import { workingBlock } from './working-block'

/** Correlated inputs [tokens, n]; every seventh column loud, column 5 dead. */
export function correlatedInputs(tokens: number, n: number): Float32Array<ArrayBuffer> {
  const x = noise(tokens * n, 11)
  for (let t = 0; t < tokens; t++)
    for (let j = 0; j < n; j++) {
      if (j > 0) x[t * n + j]! += 0.6 * x[t * n + j - 1]!
      if (j % 7 === 3) x[t * n + j]! *= 3
    }
  for (let t = 0; t < tokens; t++) x[t * n + 5] = 0
  return x
}

/** A block of one linear w [out, n] whose calibration inputs are x [tokens, n], and their Hessian. */
export async function oneLinear(
  out: number,
  n: number,
  x: Float32Array<ArrayBuffer>,
  w: Float32Array<ArrayBuffer>,
): Promise<{ block: WorkingBlock; spec: LinearSpec; h: Float32Array<ArrayBuffer> }> {
  const gpu = await testGpu()
  const spec: LinearSpec = { role: 'down', stage: 3, module: 'mlp.down_proj', out, in: n, bias: false }
  const weight = gpu.upload(w, [out, n])
  const rec = gpu.record()
  const hessian = Hessian.create(gpu, rec, n, x.length / n)
  hessian.add(rec, gpu.upload(x, [x.length / n, n]))
  hessian.finish(rec)
  await gpu.submit(rec)
  const block = workingBlock({
    ...{ gpu, model: { linears: [spec] } as unknown as ModelSpec, layer: 0, seed: 0 },
    ...{ nameOf: () => 'down', weight: () => weight, report: () => {}, checkCancelled: () => {} },
    hessians: async () => new Map([[3, hessian]]),
  })
  return { block, spec, h: await gpu.readF32(whole(hessian.panels)) }
}

/** tr(D H Dᵀ) of D = w − q [rows, n]: the error of the outputs over the calibration data. */
export function outputError(
  w: ArrayLike<number>,
  q: ArrayLike<number>,
  h: ArrayLike<number>,
  rows: number,
  n: number,
): number {
  let sum = 0
  for (let r = 0; r < rows; r++)
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++)
        sum += (w[r * n + i]! - q[r * n + i]!) * h[i * n + j]! * (w[r * n + j]! - q[r * n + j]!)
  return sum
}

/** Skewed, heavy-tailed weights [out, n]; a zero row, a row of `equal` weights and a row of one sign where there are enough. */
export function skewedWeights(out: number, n: number, equal: number): Float32Array<ArrayBuffer> {
  const w = noise(out * n, 3).map((v) => 0.05 * v ** 3 + 0.01 * v + 0.002)
  if (out > 3) {
    w.fill(0, 0, n)
    w.fill(equal, n, 2 * n)
    for (let j = 0; j < n; j++) w[2 * n + j] = Math.abs(w[2 * n + j]!)
  }
  return w
}

/** What a method of signs makes of w [out, n]; it has to give back all memory. */
export async function signsOf<O, P>(
  method: Method<O, P | null>,
  out: number,
  n: number,
  w: Float32Array<ArrayBuffer>,
  options: O,
): Promise<{ linear: SignLinear; h: Float32Array<ArrayBuffer>; module: QuantizedModule }> {
  const { block, h } = await oneLinear(out, n, correlatedInputs(700, n), w)
  const before = block.gpu.pool.liveBytes
  const modules: QuantizedModule[] = []
  for await (const module of method.quantize(block, options, null)) modules.push(module)
  expect(block.gpu.pool.liveBytes).toBe(before)
  const linear = modules[0]!.linear as SignLinear
  validateSign(linear)
  return { linear, h, module: modules[0]! }
}
