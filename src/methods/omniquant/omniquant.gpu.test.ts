import { describe, expect, it } from 'vitest'
import { asAffine } from '../../../test/affine'
import { expectClose, noise, testGpu } from '../../../test/device'
import { samplesOf } from '../../../test/samples'
import { tinyCheckpoint, tinyConfig } from '../../../test/tiny-checkpoint'
import { CancelledError } from '../../errors'
import { unpackCodes } from '../../formats/affine'
import { dequantize } from '../../formats/dequantize'
import type { Gpu } from '../../gpu/device'
import type { Tensor } from '../../gpu/tensor'
import { BlockForward } from '../../models/block'
import { makeRopeTables } from '../../models/rope-tables'
import { CheckpointWeights, loadBlock, type Role } from '../../models/weights'
import type { Method, MethodEvent, QuantizedModule, WorkingBlock } from '../method'
import { rtn } from '../rtn/rtn'
import type { LearnedGrid, RangedGrid } from './clip-learner'
import { learnClips } from './learn'
import { type OmniquantOptions, omniquant } from './omniquant'

const [WINDOWS, LENGTH, HIDDEN] = [6, 7, tinyConfig.hidden_size]
const ROWS = WINDOWS * LENGTH

const options: OmniquantOptions = { bits: 2, groupSize: 32, grid: 'free', epochs: 15, learningRate: 0.05, batch: 2 }

/** Hidden states of which some channels are loud. */
const states = () => noise(ROWS * HIDDEN, 3).map((x, i) => ((i % HIDDEN) % 9 === 4 ? 4 * x : x))

/** Grids that are no GGUF type's. */
const ranged = (grids: ReadonlyMap<Role, LearnedGrid>) => grids as ReadonlyMap<Role, RangedGrid>

interface Tiny {
  readonly gpu: Gpu
  readonly block: WorkingBlock
  readonly events: MethodEvent[]
  /** Of the second batch. */
  readonly input: Tensor
  /** Mean over tokens of Σ (target − output)² with these weights in place. */
  error(modules: readonly QuantizedModule[]): Promise<number>
}

/** A block of the tiny model between its states, in two batches; all it takes is given back after `work`. */
async function withTiny(work: (tiny: Tiny) => Promise<void>, checkpoint = async () => {}): Promise<void> {
  const gpu = await testGpu()
  const { spec, source } = tinyCheckpoint()
  const mine: Tensor[] = []
  const own = (tensor: Tensor) => {
    mine.push(tensor)
    return tensor
  }
  const before = gpu.pool.liveBytes
  const weights = await loadBlock(gpu, new CheckpointWeights(gpu, source), spec, 1)
  for (const { weight, bias } of Object.values(weights.linears)) mine.push(weight, ...(bias ? [bias] : []))
  mine.push(weights.attnNorm, weights.mlpNorm)
  const rope = makeRopeTables(gpu, spec, LENGTH)
  mine.push(rope.whole!.cosines, rope.whole!.sines)
  const forward = new BlockForward(gpu, spec, rope)
  const run = async (linears: typeof weights.linears, x: Tensor, windows: number) => {
    const rec = gpu.record()
    const y = forward.run(rec, { ...weights, linears }, x, { windows, length: LENGTH })
    await gpu.submit(rec)
    return y
  }
  const hidden = states()
  const batches = await Promise.all(
    [4, 2].map(async (windows, b) => {
      const at = b * 4 * LENGTH * HIDDEN
      const rows = windows * LENGTH
      const input = own(gpu.upload(hidden.slice(at, at + rows * HIDDEN), [rows, HIDDEN]))
      return { windows, input, target: own(await run(weights.linears, input, windows)) }
    }),
  )
  const events: MethodEvent[] = []
  const block: WorkingBlock = {
    ...{ gpu, model: spec, layer: 1, seed: 4, weights, rope },
    nameOf: ({ role }) => role,
    weight: ({ role }) => weights.linears[role].weight,
    hessians: async () => new Map(),
    report: (event) => events.push(event),
    checkCancelled: () => {},
    rescale: () => Promise.reject(new Error('not asked for')),
    samples: () => samplesOf(gpu, LENGTH, batches),
    checkpoint,
  }
  const error = async (modules: readonly QuantizedModule[]) => {
    const replaced = modules.map(({ spec: { role, out, in: columns }, linear }) => {
      const weight = own(gpu.upload(dequantize(linear), [out, columns]))
      return [role, { ...weights.linears[role], weight }] as const
    })
    const linears = { ...weights.linears, ...Object.fromEntries(replaced) } as Record<
      Role,
      (typeof weights.linears)[Role]
    >
    let sum = 0
    for (const { windows, input, target } of batches) {
      const [y, t] = await Promise.all([gpu.readF32(own(await run(linears, input, windows))), gpu.readF32(target)])
      sum += y.reduce((total, value, i) => total + (value - t[i]!) ** 2, 0)
    }
    return sum / ROWS
  }
  try {
    await work({ gpu, block, events, input: batches[1]!.input, error })
  } finally {
    gpu.free(...mine)
  }
  await gpu.settle()
  expect(gpu.pool.liveBytes, 'live bytes afterwards').toBe(before)
}

async function all<O>(method: Method<O>, block: WorkingBlock, chosen: O): Promise<QuantizedModule[]> {
  const modules: QuantizedModule[] = []
  for await (const module of method.quantize(block, chosen)) modules.push(module)
  return modules
}

describe('OmniQuant', () => {
  it.each([32, -1] as const)(
    'brings a block’s error below that of its start and of rounding to nearest: groups of %i',
    async (groupSize) => {
      await withTiny(async ({ block, events, error }) => {
        const modules = await all(omniquant, block, { ...options, groupSize })
        expect(modules.map(({ spec }) => spec.role)).toEqual(block.model.linears.map(({ role }) => role))
        expect(modules.flatMap(({ warnings }) => warnings)).toEqual([])
        expect(modules.slice(0, -1).every(({ reconstruction }) => reconstruction === null)).toBe(true)

        const { step, loss, soft, flips } = modules.at(-1)!.reconstruction!
        const steps = (options.epochs * WINDOWS) / options.batch
        expect([...step]).toEqual(Array.from({ length: steps }, (_, i) => i + 1))
        expect([...soft, ...flips].every(Number.isNaN)).toBe(true)
        const mean = (of: Float32Array) => of.reduce((a, b) => a + b) / of.length
        expect(mean(loss.slice(-9))).toBeLessThan(0.8 * mean(loss.slice(0, 3)))
        expect(
          events.map(
            (event) => event.type === 'reconstruction' && [event.layer, event.steps, event.reconstruction.step.length],
          ),
        ).toEqual([
          [1, steps, 25],
          [1, steps, steps],
        ])

        const nearest = await all(rtn, block, { grid: 'free', bits: 2, groupSize, symmetric: false })
        expect(await error(modules)).toBeLessThan(0.8 * (await error(nearest)))
        // what is stored is what was learned, but for the rounding of steps to float16
        expectClose([await error(modules)], [mean(loss.slice(-9))], { rtol: 0.15 })
      })
    },
  )

  it('gives the same codes for the same seed', async () => {
    const codes: number[][] = []
    for (let i = 0; i < 2; i++)
      await withTiny(async ({ block }) => {
        const modules = await all(omniquant, block, { ...options, epochs: 3 })
        codes.push(modules.flatMap(({ linear }) => [...unpackCodes(asAffine(linear))]))
      })
    expect(codes[0]).toEqual(codes[1])
  })

  it('learns grids that can be stored: float16 steps, zeros among the codes', async () => {
    await withTiny(async ({ gpu, block }) => {
      const { grids } = await learnClips(block, { bits: 3, groupSize: 32, grid: 'free', epochs: 1 })
      expect(grids.size).toBe(7)
      for (const { shape, steps, zeros } of ranged(grids).values()) {
        const [step, zero] = await Promise.all([gpu.readF32(steps), gpu.readF32(zeros)])
        expect(step).toHaveLength(shape.rows * shape.groups)
        expect(step.every((value) => value > 0 && (value * 2 ** 24) % 1 === 0)).toBe(true)
        expect(zero.every((value) => Number.isInteger(value) && value >= 0 && value <= 7)).toBe(true)
        gpu.free(steps, zeros)
      }
    })
  })

  it('stops where the loss leaves the finite numbers, with the clips of the last look at them', async () => {
    const chosen = { ...options, batch: WINDOWS } // a step an epoch
    const learned = async (tiny: Tiny, epochs: number) => {
      const { grids, ...rest } = await learnClips(tiny.block, { ...chosen, epochs })
      const values: number[] = []
      for (const { steps, zeros } of ranged(grids).values()) {
        values.push(...(await tiny.gpu.readF32(steps)), ...(await tiny.gpu.readF32(zeros)))
        tiny.gpu.free(steps, zeros)
      }
      return { ...rest, values }
    }
    const expected: number[] = []
    await withTiny(async (tiny) => void expected.push(...(await learned(tiny, 25)).values))

    let poison = () => {}
    const checkpoint = async () => poison()
    await withTiny(async (tiny) => {
      const { gpu, events, input } = tiny
      const { buffer, offset } = input
      poison = () => {
        if (events.length === 0) return // the first 25 steps are reported when they have been looked at
        gpu.device.queue.writeBuffer(buffer, offset, new Float32Array(HIDDEN).fill(Number.NaN))
      }
      const { values, warnings, reconstruction } = await learned(tiny, 70)
      expect(warnings).toEqual([
        'the loss left the finite numbers at step 26; the clips of step 25 are used — lower the learning rate, or look for a text that overflows',
      ])
      expect(reconstruction.step).toHaveLength(25)
      expect(values).toEqual(expected)
    }, checkpoint)
  })

  it('stops where clips leave them though no loss does', async () => {
    await withTiny(async ({ gpu, block }) => {
      const { grids, warnings } = await learnClips(block, { ...options, learningRate: 3e38 })
      expect(warnings).toEqual([
        'the clips left the finite numbers by step 25; the clips of step 0 are used — lower the learning rate, or look for a text that overflows',
      ])
      const { grids: untouched } = await learnClips(block, { ...options, learningRate: 0 })
      for (const [role, { steps, zeros }] of ranged(grids)) {
        expect(await gpu.readF32(steps)).toEqual(await gpu.readF32(ranged(untouched).get(role)!.steps))
        gpu.free(steps, zeros, ranged(untouched).get(role)!.steps, ranged(untouched).get(role)!.zeros)
      }
    })
  })

  it('gives all memory back when it is cancelled between steps', async () => {
    let checks = 0
    const checkpoint = async () => {
      if (++checks > 1) throw new CancelledError('stopped')
    }
    await withTiny(async ({ gpu, block }) => {
      const before = gpu.pool.liveBytes
      await expect(gpu.scope(() => all(omniquant, block, options))).rejects.toThrow(CancelledError)
      expect(gpu.pool.liveBytes).toBe(before)
    }, checkpoint)
  })
})
