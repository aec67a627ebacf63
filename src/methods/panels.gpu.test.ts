import { expect, it } from 'vitest'
import { expectClose, noise, testGpu } from '../../test/device'
import { uploadPanels } from '../../test/panels'
import type { Gpu } from '../gpu/device'
import type { Recorder } from '../gpu/recorder'
import type { Tensor } from '../gpu/tensor'
import { type Panels, tensorsOf } from '../linalg/panels'
import { upperFactorOfInverseReference } from '../reference/linalg'
import { matmulReference } from '../reference/matmul'
import { recordGroupProducts } from './awq/clip'
import { levelShape, recordBillm } from './billm/search'
import { allocBlockGrid, allocLines, freeBlockGrid, recordGptqToBlocks } from './block-grid'
import { Compensation } from './mgptq/compensation'
import { adjacencyOf, strongestEdges } from './mgptq/graph'
import { columnStatistics } from './mgptq/statistics'
import { allocMixed, freeMixed, recordMixed } from './mixed'
import { mixedLayout } from './mixed-layout'
import { allocBinarized, recordPbllm } from './pbllm/rounding'
import { resolveMethod } from './registry'

/** Panels of 128, 128 and 64 rows. */
const [OUT, N, ROWS] = [20, 320, 128]

const x = noise(2 * N * N, 1)
const hessian = Float32Array.from(matmulReference(x, x, { m: N, n: N, k: 2 * N, transA: true }))
const upper = Float32Array.from(
  upperFactorOfInverseReference(
    hessian.map((value, at) => (at % (N + 1) === 0 ? value + 0.1 : value)),
    N,
  ),
)
const w = noise(OUT * N, 2)

interface Matrices {
  readonly hessian: Panels
  readonly upper: Panels
  readonly weights: Tensor
  readonly order: Tensor
  readonly diagonal: Tensor
}

/** What `work` gives with whole matrices, and with the same ones in panels. */
async function both<T>(work: (gpu: Gpu, matrices: Matrices) => Promise<T>): Promise<[whole: T, parts: T]> {
  const gpu = await testGpu()
  const results: T[] = []
  for (const rows of [N, ROWS]) {
    const tensors = {
      weights: gpu.upload(w, [OUT, N]),
      order: gpu.upload(Uint32Array.from({ length: N }, (_, i) => i)),
      diagonal: gpu.upload(Float32Array.from({ length: N }, (_, i) => hessian[i * (N + 1)]!)),
    }
    const panels = { hessian: uploadPanels(gpu, hessian, N, rows), upper: uploadPanels(gpu, upper, N, rows) }
    results.push(await work(gpu, { ...tensors, ...panels }))
    gpu.free(...Object.values(tensors), ...tensorsOf([...panels.hessian, ...panels.upper]))
    expect(gpu.pool.liveBytes).toBe(0)
  }
  return results as [T, T]
}

/** Everything these tensors hold once they are made; they are freed. */
async function made(gpu: Gpu, record: (rec: Recorder) => Tensor[]): Promise<Uint32Array[]> {
  const rec = gpu.record()
  const tensors = record(rec)
  await gpu.submit(rec)
  return Promise.all(tensors.map((tensor) => gpu.readU32(tensor)))
}

const inputs = Float32Array.from({ length: N }, (_, i) => hessian[i * (N + 1)]!)

it.each(['Q4_0', 'Q5_1'] as const)(
  'GPTQ onto %s is the same to the bit where its factor lies in panels',
  async (type) => {
    const [whole, parts] = await both(async (gpu, { weights, ...factor }) => {
      const rounded = gpu.alloc([OUT, N])
      let free = () => {}
      const values = await made(gpu, (rec) => {
        const tensors = allocBlockGrid(gpu, rec, allocLines(gpu, { out: OUT, in: N }, type))
        free = () => freeBlockGrid(gpu, tensors)
        recordGptqToBlocks(gpu, rec, weights, factor, tensors, false, rounded)
        return [tensors.codes, tensors.a, rounded]
      })
      free()
      gpu.free(rounded)
      return values
    })
    expect(parts).toEqual(whole)
  },
)

it('GPTQ with several widths is the same to the bit', async () => {
  const [whole, parts] = await both(async (gpu, { weights, ...factor }) => {
    const layout = mixedLayout(
      Uint8Array.from({ length: N }, (_, i) => 2 + (i % 3)),
      { groupSize: 128, ranges: 'width' },
    )
    let free = () => {}
    const values = await made(gpu, (rec) => {
      const tensors = allocMixed(gpu, rec, OUT, layout)
      free = () => freeMixed(gpu, tensors)
      recordMixed(gpu, rec, weights, factor, tensors, { search: true, importance: factor.diagonal })
      return [tensors.codes, tensors.lows]
    })
    free()
    return values
  })
  expect(parts).toEqual(whole)
})

it('BiLLM is the same to the bit', async () => {
  const options = resolveMethod('billm', { blockSize: 64, propagate: true }).options as Parameters<
    typeof recordBillm
  >[5]
  const [whole, parts] = await both(async (gpu, { weights, ...factor }) => {
    const found = {
      codes: gpu.alloc([OUT, N], 'u32'),
      levels: gpu.alloc(levelShape(OUT, N, 64)),
    }
    const values = await made(gpu, (rec) => {
      recordBillm(gpu, rec, weights, { ...factor, inputs }, found, options)
      return Object.values(found)
    })
    gpu.free(...Object.values(found))
    return values
  })
  expect(parts).toEqual(whole)
})

it.each([-1, 256])('PB-LLM in groups of %i is the same to the bit', async (groupSize) => {
  const options = resolveMethod('pb-llm', { metric: 'hessian', groupSize }).options as Parameters<typeof recordPbllm>[5]
  const [whole, parts] = await both(async (gpu, { weights, ...factor }) => {
    const found = allocBinarized(gpu, OUT, N, groupSize)
    const values = await made(gpu, (rec) => {
      recordPbllm(gpu, rec, weights, { ...factor, inputs }, found, options)
      return Object.values(found)
    })
    gpu.free(...Object.values(found))
    return values
  })
  expect(parts).toEqual(whole)
})

it.each([32, 128, 256, 96, N])('the parts of H of groups of %i give the same products', async (groupSize) => {
  const [whole, parts] = await both(async (gpu, { hessian, weights }) => {
    const product = gpu.alloc([OUT, N])
    const [values] = await made(gpu, (rec) => {
      recordGroupProducts(rec, { rows: OUT, columns: N, groupSize }, weights, hessian, product)
      return [product]
    })
    gpu.free(product)
    return new Float32Array(values!.buffer as ArrayBuffer)
  })
  // a group in one panel adds up in the same order; of others the parts do, sums of up to 320 products below 100
  if (ROWS % groupSize === 0) expect(parts).toEqual(whole)
  else expectClose(parts, whole, { atol: 2e-3, rtol: 1e-4 })
})

it('the graph of the columns is the same to the bit', async () => {
  const [whole, parts] = await both(async (gpu, matrices) => {
    const statistics = await columnStatistics(gpu, matrices)
    const edges = await strongestEdges(gpu, matrices.upper, statistics)
    const seen: unknown[] = [statistics, edges]
    for (const kind of ['factor', 'rows', 'symmetric'] as const) {
      const { adjacency, free } = await adjacencyOf(gpu, kind, matrices, statistics)
      const values = await Promise.all(tensorsOf(adjacency.matrix).map((tensor) => gpu.readF32(tensor)))
      seen.push(adjacency.scale, Float32Array.from(values.flatMap((part) => [...part])))
      free()
    }
    return seen
  })
  expect(parts).toEqual(whole)
})

it('messages along the factor come out the same but for the order of their sums', async () => {
  const choices = 3
  const energy = noise(N, 5).map((value) => 1 + Math.abs(value))
  const table = Float32Array.from({ length: choices * N }, (_, at) => energy[at % N]! * 0.2 ** (1 + Math.floor(at / N)))
  const chosen = Uint8Array.from({ length: N }, (_, i) => i % choices)
  const [whole, parts] = await both(async (gpu, { upper }) => {
    const linear = { energy: gpu.upload(energy), table: gpu.upload(table, [choices, N]) }
    const rec = gpu.record()
    const compensation = new Compensation(gpu, rec, upper, [linear])
    await gpu.submit(rec)
    const heard = await compensation.messages(chosen)
    const { costs } = await compensation.linearised(chosen)
    compensation.free()
    gpu.free(linear.energy, linear.table)
    return { ...heard, costs }
  })
  expectClose(parts.v, whole.v, { rtol: 2e-6 })
  expectClose(parts.lambda, whole.lambda, { rtol: 2e-6 })
  expectClose(parts.costs, whole.costs, { rtol: 5e-6 })
  expect(parts.error / whole.error).toBeCloseTo(1, 5)
})
