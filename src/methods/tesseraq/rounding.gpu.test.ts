import { beforeAll, describe, expect, it } from 'vitest'
import { expectClose, noise, testGpu } from '../../../test/device'
import { type BlockFixture, blockFixture, blockOf } from '../../../test/fixture-block'
import { dequantize, unpackCodes } from '../../formats/affine'
import type { Width } from '../../formats/quantized'
import type { Gpu } from '../../gpu/device'
import type { Tensor } from '../../gpu/tensor'
import type { LinearSpec } from '../../models/spec'
import { allocGrid, freeGrid } from '../affine'
import { recordMinMax } from '../awq/dialect'
import { mixedLayout, originalOrder } from '../mixed-layout'
import { allocRanges, freeRanges, recordFindRange } from '../mixed-ranges'
import { type FrozenGrid, freeFrozen, rangesGrid, zeroPointGrid } from './grids'
import { schema } from './options'
import { reconstruct } from './reconstruct'
import { RoundingLearner } from './rounding'

const specOf = (out: number, columns: number): LinearSpec => ({
  ...{ role: 'down', stage: 3, module: 'mlp.down_proj', out, in: columns, bias: false },
})

async function uniform(gpu: Gpu, spec: LinearSpec, w: Tensor, bits: Width, groupSize: number): Promise<FrozenGrid> {
  const tensors = allocGrid(gpu, spec.out, spec.in, { bits, groupSize })
  const rec = gpu.record()
  recordMinMax(rec, tensors, w)
  await gpu.submit(rec)
  const grid = await zeroPointGrid(gpu, spec, tensors)
  freeGrid(gpu, tensors)
  return grid
}

async function mixed(gpu: Gpu, spec: LinearSpec, w: Tensor, groupSize: number): Promise<FrozenGrid> {
  const widths = Uint8Array.from({ length: spec.in }, (_, column) => 1 + ((column * 7) % 4))
  const rec = gpu.record()
  const tensors = allocRanges(
    gpu,
    rec,
    spec.out,
    mixedLayout(widths, { groupSize, ranges: 'width' }),
    originalOrder(spec.in),
  )
  recordFindRange(rec, w, tensors, { search: true })
  await gpu.submit(rec)
  const grid = await rangesGrid(gpu, spec, tensors)
  freeRanges(gpu, tensors)
  return grid
}

/** What a learner holds once it has taken some steps downhill on random gradients and is rounded by its signs. */
async function learned(gpu: Gpu, grid: FrozenGrid, w: Tensor, scales: boolean) {
  const { out, in: columns } = grid.spec
  const rec = gpu.record()
  const learner = new RoundingLearner(gpu, rec, grid, w, { rate: 0.3, rounding: true, scales })
  const gradients = [1, 2, 3].map((seed) => gpu.upload(noise(out * columns, seed), [out, columns]))
  const soft = gpu.alloc([out, columns])
  const codes = gpu.alloc([out, columns], 'u32')
  learner.beginRound(rec, 0.9)
  for (const [i, gradient] of gradients.entries()) learner.learn(rec, gradient, i + 1, soft)
  learner.harden(rec, 0)
  learner.soften(rec, soft)
  learner.hardCodes(rec, codes)
  await gpu.submit(rec)
  const factors = await learner.factors()
  const linear = await grid.store(gpu, 'test', codes, factors)
  const result = { linear, factors, codes: await gpu.readU32(codes), soft: await gpu.readF32(soft) }
  gpu.free(...gradients, soft, codes)
  learner.free()
  freeFrozen(gpu, grid)
  return result
}

describe('learned roundings', () => {
  it.each([
    { out: 5, columns: 130, bits: 2, groupSize: 64 },
    { out: 3, columns: 96, bits: 3, groupSize: -1 },
    { out: 1, columns: 45, bits: 4, groupSize: 32 },
    { out: 4, columns: 150, bits: 0, groupSize: 32 },
  ] as const)('are stored without a wrong code: %o', async ({ out, columns, bits, groupSize }) => {
    const gpu = await testGpu()
    const before = gpu.pool.liveBytes
    const spec = specOf(out, columns)
    const w = gpu.upload(noise(out * columns, 9), [out, columns])
    const gridOf = () => (bits === 0 ? mixed(gpu, spec, w, groupSize) : uniform(gpu, spec, w, bits, groupSize))
    for (const scales of [false, true]) {
      const { linear, codes, soft, factors } = await learned(gpu, await gridOf(), w, scales)
      expect([...unpackCodes(linear)]).toEqual([...codes])
      expect(factors.every((factor) => (scales ? factor !== 1 : factor === 1))).toBe(true)
      // without factors to the bit; else steps, and low ends, are off by half a unit of float16's eleven digits
      const ends = Math.max(...soft.map(Math.abs))
      if (!scales) expect(dequantize(linear)).toEqual(soft)
      else expectClose(dequantize(linear), soft, { rtol: 2 ** -11, atol: bits === 0 ? ends * 2 ** -10 : 0 })
    }
    gpu.free(w)
    expect(gpu.pool.liveBytes).toBe(before)
  })
})

describe('a block whose loss is no number', () => {
  let fixture: BlockFixture
  beforeAll(async () => {
    fixture = await blockFixture()
  })

  it('keeps what it had learned before, and says so', async () => {
    const gpu = await testGpu()
    const target = fixture.data('target').slice()
    target[20] = Number.NaN
    const { block, events, free } = blockOf(gpu, fixture, { target })
    const options = schema.parse({ init: 'none', batch: 2, rounds: 10, iterations: 3 })
    const rec = gpu.record()
    const learners: RoundingLearner[] = []
    for (const spec of block.model.linears) {
      const w = block.weight(spec)
      const grid = await uniform(gpu, spec, w, 2, -1)
      learners.push(new RoundingLearner(gpu, rec, grid, w, { rate: 0.1, rounding: true, scales: true }))
    }
    await gpu.submit(rec)
    const { record, warnings } = await reconstruct(block, learners, options)
    expect(warnings).toEqual([expect.stringContaining('left the finite numbers at step 1 of 30')])
    expect(record.loss).toHaveLength(0)
    expect(events.length).toBeGreaterThan(0)
    for (const learner of learners) {
      const { spec, grid } = learner
      const codes = gpu.alloc([spec.out, spec.in], 'u32')
      const last = gpu.record()
      learner.hardCodes(last, codes)
      await gpu.submit(last)
      const weights = dequantize(await grid.store(gpu, 'test', codes, await learner.factors()))
      expect(weights.every(Number.isFinite), spec.role).toBe(true)
      // rounded to nearest as it began
      const step = Math.max(...weights) - Math.min(...weights)
      expectClose(weights, await gpu.readF32(block.weight(spec)), { atol: step / 2 })
      gpu.free(codes)
      learner.free()
      freeFrozen(gpu, grid)
    }
    free()
  })
})
