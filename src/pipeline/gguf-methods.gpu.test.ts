import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { nano } from '../../test/cli'
import { testGpu } from '../../test/device'
import { tinyModel } from '../../test/tiny-gguf'
import { collect } from '../../test/tiny-model'
import { quantizeWhole as quantize, type WholeModel } from '../../test/whole'
import { memorySource } from '../formats/bytes'
import { dequantize } from '../formats/dequantize'
import { toFloat32 } from '../formats/floats'
import { exactContainer } from '../formats/gguf/container'
import { ggmlTypes } from '../formats/gguf/types'
import { openModel } from '../formats/open'
import type { Method } from '../methods/method'
import { methods } from '../methods/registry'
import { type RtnOptions, rtn } from '../methods/rtn/rtn'
import type { Recipe } from '../records'
import { ggufFile } from './gguf'
import type { OpenedModel } from './opened'

/** All rows whole blocks; inputs of very different loudness, as in real models. */
function opened(columns: number): OpenedModel {
  const model = tinyModel({
    ...{ architectures: ['LlamaForCausalLM'], num_hidden_layers: 1, num_key_value_heads: 4 },
    ...{ hidden_size: columns, intermediate_size: columns },
  })
  const { tensors } = model.source
  for (const part of ['input', 'post_attention']) {
    const entry = tensors.get(`model.layers.0.${part}_layernorm.weight`)!
    const read = entry.read
    const louder = async () => {
      const values = toFloat32(await read(), 'F32')
      return new Uint8Array(values.map((value, j) => (j % 9 === 2 ? 8 * value : value)).buffer)
    }
    ;(tensors as Map<string, typeof entry>).set(entry.name, { ...entry, read: louder })
  }
  return model
}

/** RTN with hidden states to compare. */
const observed: Method<RtnOptions> = { ...rtn, id: 'rtn observed', needsCalibration: true }
;(methods as Method<unknown, unknown>[]).push(observed as Method<unknown, unknown>)

// fewer steps a round raise the rate beyond what whole multiples of a block's scale stand
const steps = { rounds: 10, iterations: 15, batch: 1 } as const

describe.each(['Q4_0', 'Q4_1', 'Q4_K', 'Q2_K'] as const)('quantized onto %s', (grid) => {
  const columns = Math.max(64, ggmlTypes[grid].weights)
  const calibration = { name: 'readme', text: readFileSync(join(nano, '../../../README.md'), 'utf8') }
  const run = async (model: OpenedModel, method: string, options: Record<string, unknown>) => {
    const gpu = await testGpu()
    const before = gpu.pool.liveBytes
    const recipe: Recipe = {
      ...{ version: 1, method, options: { ...options, grid }, seed: 3 },
      calibration: { text: 'readme', samples: 6, length: 16, pick: 'first' },
    }
    const blocks: number[] = []
    const result = await quantize(gpu, model, {
      ...{ recipe, calibration },
      onProgress: (progress) => {
        if (progress.type === 'block') blocks.push(progress.drift!)
      },
    })
    expect(gpu.pool.liveBytes).toBe(before)
    return { ...result, drift: blocks.at(-1)! }
  }
  let nearest: WholeModel & { drift: number }
  beforeAll(async () => {
    nearest = await run(opened(columns), observed.id, {})
  }, 180_000)

  it.each<[string, string, Record<string, unknown>]>([
    ['AWQ', 'awq', {}],
    ['OmniQuant', 'omniquant', { epochs: 15, learningRate: 0.03 }],
    ['TesseraQ from AWQ', 'tesseraq', steps],
    ['TesseraQ from GPTQ', 'tesseraq', { ...steps, init: 'gptq' }],
  ])(
    'by %s, a file holds the codes bit for bit, and the block loses less than by RTN',
    async (_, method, options) => {
      const model = opened(columns)
      const { linears, changed, report, drift } = await run(model, method, options)
      expect([...linears.values()].map(exactContainer)).toEqual(new Array(linears.size).fill(grid))
      expect(drift).toBeLessThan(nearest.drift)
      const readable = [...linears.values()].map((linear) => ({ ...linear, read: async () => linear }))
      const { chunks } = await ggufFile(model, { linears: readable, changed, report, rest: 'F16' })
      const read = await openModel([memorySource(await collect(chunks), 'model.gguf')])
      for (const [name, linear] of linears) {
        const entry = read.tensors.get(`${name}.weight`)!
        expect(toFloat32(await entry.read(), entry.dtype), name).toEqual(dequantize(linear))
      }
      // the norms that scales went into are in the file, too
      for (const [name, values] of changed) {
        const entry = read.tensors.get(name)!
        expect(toFloat32(await entry.read(), entry.dtype), name).toEqual(values)
      }
      expect(changed.size > 0).toBe(method !== 'omniquant' && options.init !== 'gptq')
    },
    180_000,
  )
})
