import { beforeEach, describe, expect, it } from 'vitest'
import { expectClose, testGpu } from '../../test/device'
import { methodThat } from '../../test/methods'
import { openedTiny, tinyConfig, tinyText } from '../../test/tiny-checkpoint'
import { quantizeWhole as quantize } from '../../test/whole'
import { CancelledError } from '../errors'
import { dequantize } from '../formats/dequantize'
import type { WorkingBlock } from '../methods/method'
import { placesOf } from '../methods/reconstruction/windows'
import type { Progress } from '../records'
import { blockReference, embedReference } from '../reference/llama'
import { PauseSwitch } from './pause'

const [SAMPLES, LENGTH] = [5, 8]
const config = { ...tinyConfig, num_hidden_layers: 2, hidden_size: 20, intermediate_size: 33, head_dim: 6 }
const { model, spec, weights } = openedTiny(config)
const calibration = { name: 'letters', text: tinyText(100) }
let before = 0

beforeEach(async () => {
  before = (await testGpu()).pool.liveBytes
})

/** What the method does with a block before it rounds to nearest. */
let work: (block: WorkingBlock) => Promise<void>
const recipe = methodThat('working', (block) => work(block), { text: 'letters', samples: SAMPLES, length: LENGTH })

describe('a block under work', () => {
  it('shows inputs of the quantized stream, and what the original blocks make of the original one', async () => {
    const gpu = await testGpu()
    const inputs: Float32Array[] = []
    const targets: Float32Array[] = []
    work = async (block) => {
      const samples = block.samples()
      const { length, count, batches } = samples
      expect([length, count]).toEqual([LENGTH, SAMPLES])
      expect(batches.reduce((sum, windows) => sum + windows, 0)).toBe(SAMPLES)
      for (const [of, key] of [
        [inputs, 'input'],
        [targets, 'target'],
      ] as const) {
        const rec = gpu.record()
        const all = await samples.windows(rec, placesOf(samples), key)
        await gpu.submit(rec)
        of.push(await gpu.readF32(all))
        gpu.free(all)
      }
      expect(block.rope.positions).toBeGreaterThanOrEqual(LENGTH)
      await block.hessians([0, 1, 2, 3])
    }
    const { linears } = await quantize(gpu, model, { recipe, calibration })
    const stored = [...linears].map(([name, linear]) => [`${name}.weight`, dequantize(linear)] as const)
    const quantized = new Map([...weights, ...stored])
    const ids = model.tokenizer.encode(calibration.text)
    let states = Array.from({ length: SAMPLES }, (_, w) =>
      embedReference(spec, weights, ids.slice(w * LENGTH, (w + 1) * LENGTH)),
    )
    let original = states
    for (let layer = 0; layer < 2; layer++) {
      original = original.map((x) => blockReference(spec, weights, layer, x).y)
      const [input, target] = [states, original].map((of) => Float64Array.from(of.flatMap((x) => [...x])))
      // blocks in float32, relative to the largest entry
      expectClose(inputs[layer]!, input!, { atol: 1e-5 * Math.max(...input!) })
      expectClose(targets[layer]!, target!, { atol: 1e-5 * Math.max(...target!) })
      states = states.map((x) => blockReference(spec, quantized, layer, x).y)
    }
    expect(gpu.pool.liveBytes).toBe(before)
  })

  it('waits at a checkpoint while a pause is wanted, which costs no time', async () => {
    const gpu = await testGpu()
    const pause = new PauseSwitch()
    const PAUSE_MS = 1500
    let waited = 0
    work = async (block) => {
      if (block.layer === 1) pause.pause()
      const started = performance.now()
      setTimeout(() => pause.resume(), PAUSE_MS)
      await block.checkpoint()
      if (block.layer === 1) waited = performance.now() - started
    }
    const blocks: number[] = []
    const onProgress = (progress: Progress) => {
      if (progress.type === 'block') blocks.push(progress.seconds)
    }
    const started = performance.now()
    const { report } = await quantize(gpu, model, { recipe, calibration, pause, onProgress })
    const seconds = (performance.now() - started) / 1000
    expect(waited).toBeGreaterThan(0.9 * PAUSE_MS)
    const { total, ...phases } = report.seconds
    expect(total).toBeLessThan(seconds - 0.9 * (PAUSE_MS / 1000))
    expect(Object.values(phases).reduce((sum, value) => sum + value, 0)).toBeLessThanOrEqual(total)
    expect(blocks[1]).toBeLessThan(total)
  })

  it('is left in the middle of a pause when the run is cancelled', async () => {
    const gpu = await testGpu()
    const [pause, stop] = [new PauseSwitch(), new AbortController()]
    work = async (block) => {
      const { checkCancelled } = block // as methods hand it on
      checkCancelled()
      pause.pause()
      setTimeout(() => stop.abort(), 20)
      await expect(block.checkpoint()).rejects.toThrow(CancelledError)
      checkCancelled()
      throw new Error('went on')
    }
    const run = quantize(gpu, model, { recipe, calibration, pause, signal: stop.signal })
    await expect(run).rejects.toThrow(CancelledError)
    expect(gpu.pool.liveBytes).toBe(before)
  })
})
