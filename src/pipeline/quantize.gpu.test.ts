import { describe, expect, it } from 'vitest'
import { asAffine } from '../../test/affine'
import { expectClose, smallGpu, testGpu } from '../../test/device'
import { openedTiny, tinyConfig, tinyText } from '../../test/tiny-checkpoint'
import { quantizeWhole as quantize, type WholeModel } from '../../test/whole'
import { CancelledError, FormatError, GpuLimitError, NumericalError } from '../errors'
import { dequantize } from '../formats/dequantize'
import type { TensorEntry } from '../formats/source'
import type { Gpu } from '../gpu/device'
import { linearName } from '../models/required-tensors'
import type { Progress, Recipe } from '../records'
import { calibrationReference } from '../reference/calibration'
import type { OpenedModel } from './opened'

/** Sizes that no tile divides, grouped queries, biases, an untied head, scaled rope. */
const awkward = {
  ...tinyConfig,
  ...{ vocab_size: 1009, hidden_size: 40, intermediate_size: 172, num_hidden_layers: 2, head_dim: 10 },
}
/** Everything at its default, hidden below every tile. */
const plain = {
  ...tinyConfig,
  ...{ hidden_size: 24, num_attention_heads: 3, num_key_value_heads: 3, head_dim: 8, tie_word_embeddings: true },
  ...{ attention_bias: false, mlp_bias: false, rope_scaling: null, num_hidden_layers: 2 },
}
const LENGTH = 16
/** As many tokens as the widest linear has columns, in batches of which the last is not full. */
const SAMPLES = 11
/** The Hessian of the awkward model's down projection [172, 172] to the byte: embedding, head and batches must split. */
const SMALL = 4 * 172 * 172

const text = { name: 'letters', text: tinyText(20 * LENGTH + 5) }
const recipe = (method: string, options: Record<string, unknown> = {}, more: Partial<Recipe> = {}): Recipe => ({
  ...{ version: 1, method, options: { bits: 3, groupSize: 32, ...options }, seed: 1 },
  calibration: { text: 'letters', samples: SAMPLES, length: LENGTH, pick: 'first' },
  ...more,
})

interface RunOptions {
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: Progress) => void
}

/** A run that must leave the device's memory as it was. */
async function run(gpu: Gpu, model: OpenedModel, by: Recipe, options: RunOptions = {}): Promise<WholeModel> {
  const before = gpu.pool.liveBytes
  try {
    return await quantize(gpu, model, { recipe: by, calibration: text, ...options })
  } finally {
    expect(gpu.pool.liveBytes, 'live bytes after the run').toBe(before)
  }
}

/** The windows that 'first' takes, as ids. */
function firstWindows(model: OpenedModel, samples = SAMPLES): number[][] {
  const ids = model.tokenizer.encode(text.text)
  return Array.from({ length: samples }, (_, w) => ids.slice(w * LENGTH, (w + 1) * LENGTH))
}

const codesOf = ({ linears }: WholeModel) => [...linears].map(([name, linear]) => [name, [...asAffine(linear).codes]])

describe('quantize', () => {
  it.each(['layer', 'true'] as const)(
    'calibrates every linear on what the quantized blocks before it give: %s',
    async (sequence) => {
      const gpu = await smallGpu(SMALL)
      const { model, spec, weights } = openedTiny(awkward)
      const drifts: (number | null)[] = []
      const onProgress = (progress: Progress) => {
        if (progress.type === 'block') drifts.push(progress.drift)
      }
      const { linears, report } = await run(gpu, model, recipe('gptq', { sequence }), { onProgress })
      const quantized = new Map([...linears].map(([name, linear]) => [`${name}.weight`, dequantize(linear)]))
      const expected = calibrationReference(spec, weights, quantized, firstWindows(model), sequence)
      for (const { name, error, columns } of report.modules) {
        const reference = expected.errors.get(name)!
        expectClose([error.weight, error.output!], [reference.weight, reference.output], { rtol: 1e-4 })
        expectClose(columns.hessian!, reference.diagonal, { rtol: 1e-4, atol: 1e-6 })
        const norms = new Float64Array(columns.bits.length)
        for (const [i, w] of weights.get(`${name}.weight`)!.entries()) norms[i % norms.length]! += w * w
        expectClose(columns.norm!, norms.map(Math.sqrt), { rtol: 1e-5 })
      }
      expectClose(drifts as number[], expected.drifts, { rtol: 1e-4 })

      // what the numbers would be if a linear saw anything else lies well outside of the tolerance
      const otherwise = calibrationReference(
        spec,
        weights,
        quantized,
        firstWindows(model),
        sequence === 'true' ? 'layer' : 'true',
      )
      const clean = calibrationReference(spec, weights, weights, firstWindows(model), 'layer')
      const last = linearName(1, spec.linears[6]!)
      const seen = expected.errors.get(last)!
      for (const other of [otherwise, clean])
        expect(Math.abs(other.errors.get(last)!.diagonal[0]! / seen.diagonal[0]! - 1)).toBeGreaterThan(1e-3)
    },
  )

  it.each([
    ['rtn', awkward],
    ['gptq', awkward],
    ['rtn', plain],
    ['gptq', plain],
  ])('%s gives every linear once, with bits counted from its bytes', async (method, config) => {
    const { model, spec } = openedTiny(config)
    const progress: Progress[] = []
    const gpu = await testGpu()
    const { linears, report } = await run(gpu, model, recipe(method), { onProgress: (p) => progress.push(p) })
    const names = Array.from({ length: spec.layers }, (_, layer) =>
      spec.linears.map((linear) => linearName(layer, linear)),
    ).flat()
    expect([...linears.keys()]).toEqual(names)
    expect(report.modules.map(({ name }) => name)).toEqual(names)
    expect(progress.flatMap((p) => (p.type === 'module' ? [p.module] : []))).toEqual(report.modules)
    expect(progress.filter((p) => p.type === 'block')).toHaveLength(spec.layers)

    // 3-bit codes in chunks of 32 columns, and a float16 scale and a 3-bit zero for every 32 columns
    let [code, scale, weightCount] = [0, 0, 0]
    for (const { out, in: columns } of spec.linears) {
      const groups = Math.ceil(columns / 32)
      code += 8 * spec.layers * out * groups * 3 * 4
      scale += 8 * spec.layers * (out * groups * 2 + 4 * Math.ceil((out * groups * 3) / 32))
      weightCount += spec.layers * out * columns
    }
    expect(report.bits.code).toBeCloseTo(code / weightCount, 10)
    expect(report.bits.scale).toBeCloseTo(scale / weightCount, 10)
    expect(report.bits.index).toBe(0)
    expect(report.bits.total).toBeCloseTo((code + scale) / weightCount, 10)

    const calibrated = method === 'gptq'
    expect(report).toMatchObject({
      version: 1,
      recipe: { method, options: { bits: 3, symmetric: false } },
      warnings: [],
    })
    expect(report.calibrationDigest === null).toBe(!calibrated)
    for (const { error, columns, damping, seconds } of report.modules) {
      expect(error.weight).toBeGreaterThan(0)
      expect(error.weight).toBeLessThan(0.2)
      expect([error.output !== null, columns.hessian !== null, damping !== null]).toEqual(Array(3).fill(calibrated))
      expect(seconds).toBeGreaterThanOrEqual(0)
    }
    expect(report.peakGpuBytes).toBeGreaterThan(0)
  })

  it('gives the same codes for the same recipe, others for windows drawn by another seed', async () => {
    const gpu = await testGpu()
    const { model } = openedTiny(awkward)
    const drawn = (seed: number) => {
      const { calibration } = recipe('gptq')
      return run(gpu, model, recipe('gptq', {}, { seed, calibration: { ...calibration, pick: 'random' } }))
    }
    const [a, b, c] = [await drawn(7), await drawn(7), await drawn(8)]
    expect(codesOf(a)).toEqual(codesOf(b))
    expect(codesOf(a)).not.toEqual(codesOf(c))
  })

  it('says when the text holds fewer windows than asked for', async () => {
    const by = recipe('gptq', {}, { calibration: { ...recipe('gptq').calibration, samples: 99 } })
    const { report } = await run(await testGpu(), openedTiny(plain).model, by)
    expect(report.warnings[0]).toBe('the calibration text holds 20 windows of 16 tokens, 99 were asked for')
  })
})

describe('a stopped or failed quantize', () => {
  const events = ['tokenize', 'embed', 'propagate', 'calibrate', 'module', 'block']
  it.each(events)('gives all memory back when cancelled at: %s', async (event) => {
    const gpu = await testGpu()
    const { model } = openedTiny(plain)
    const abort = new AbortController()
    const onProgress = (progress: Progress) => {
      if (progress.type === event || (progress.type === 'phase' && progress.phase === event)) abort.abort()
    }
    const stopped = run(gpu, model, recipe('gptq'), { signal: abort.signal, onProgress })
    await expect(stopped).rejects.toThrow(CancelledError)
    expect((await run(gpu, model, recipe('rtn'))).linears.size).toBe(14)
  })

  it('names the tensor that holds NaN, and frees what was there', async () => {
    const gpu = await testGpu()
    const { model, weights } = openedTiny(plain)
    const name = 'model.layers.1.mlp.up_proj.weight'
    weights.get(name)![30] = Number.NaN
    const failed = run(gpu, model, recipe('gptq'))
    await expect(failed).rejects.toThrow(NumericalError)
    await expect(failed).rejects.toThrow(`tensor ${name}: expected finite numbers, got NaN at element 30`)
    weights.get(name)![30] = 0
    await run(gpu, model, recipe('gptq'))
  })

  it('names weights that overflow the calibration', async () => {
    const gpu = await testGpu()
    const { model, weights } = openedTiny(plain)
    weights.get('model.layers.0.self_attn.v_proj.weight')!.fill(1e30)
    const failed = run(gpu, model, recipe('gptq'))
    await expect(failed).rejects.toThrow(NumericalError)
    await run(gpu, openedTiny(plain).model, recipe('gptq'))
  })

  it('names an id outside of the vocabulary', async () => {
    const { model } = openedTiny(plain)
    const encode = (letters: string) => [...letters].map((_, i) => (i === 40 ? 101 : 5))
    const failed = run(await testGpu(), { ...model, tokenizer: { ...model.tokenizer, encode } }, recipe('gptq'))
    await expect(failed).rejects.toThrow(FormatError)
    await expect(failed).rejects.toThrow('tokens: expected ids below 101, got 101')
  })

  it('refuses what cannot be split before it touches the weights', async () => {
    const { model } = openedTiny({ ...awkward, max_position_embeddings: 512 })
    const untouched = new Map<string, TensorEntry>(
      [...model.source.tensors].map(([name, entry]) => [
        name,
        { ...entry, read: () => Promise.reject(new Error('read')) },
      ]),
    )
    const closed = { ...model, source: { ...model.source, tensors: untouched } }
    const attempt = async (bytes: number, by: Recipe) => run(await smallGpu(bytes), closed, by)
    const panel = 4 * 128 * 172
    await expect(attempt(panel - 1, recipe('gptq'))).rejects.toThrow(GpuLimitError)
    await expect(attempt(panel - 1, recipe('gptq'))).rejects.toThrow(
      `expected tensors of at most ${panel - 1} bytes on this device, got a panel of the Hessian of mlp.down_proj [128, 172] of ${panel} bytes — use RTN`,
    )
    await expect(attempt(4 * 172 * 40 - 1, recipe('rtn'))).rejects.toThrow(
      'got the weights of mlp.gate_proj [172, 40] of 27520',
    )
    const long = { ...recipe('gptq').calibration, length: 320 }
    await expect(attempt(SMALL, recipe('gptq', {}, { calibration: long }))).rejects.toThrow(
      /one window's activations \[320, 172\].*use shorter/,
    )
    expect((await run(await smallGpu(4 * 172 * 40), model, recipe('rtn'))).linears.size).toBe(14)
  })
})
