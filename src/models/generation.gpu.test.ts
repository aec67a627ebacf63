import { describe, expect, it } from 'vitest'
import { affineSample } from '../../test/affine'
import { expectClose, testGpu } from '../../test/device'
import { tinyCheckpoint, tinyConfig } from '../../test/tiny-checkpoint'
import { CancelledError, FormatError, NumericalError } from '../errors'
import { dequantize, symmetricGrid } from '../formats/affine'
import type { AffineLinear } from '../formats/quantized'
import type { Gpu } from '../gpu/device'
import { uploadLinear } from '../kernels/dequantize'
import { llamaReference } from '../reference/llama'
import { CausalModel } from './causal-model'
import { Decoder } from './decoder'
import { type GeneratedPiece, type GenerateOptions, generate } from './generation'
import { KvCache, type KvType } from './kv-cache'
import { linearName } from './required-tensors'
import { CheckpointWeights, freeBlock, type WeightSource } from './weights'

type Weights = Map<string, Float32Array<ArrayBuffer>>

const prompt = [3, 14, 15, 92]
const tokenizer = { decode: (ids: readonly number[]) => ids.map((id) => `<${id}>`).join('') }

/** Greedy continuation by the float64 model, the whole sequence anew for every token. */
function continuation(config: Record<string, unknown>, count: number): number[] {
  const { spec, weights } = tinyCheckpoint(config)
  const ids = [...prompt]
  for (let i = 0; i < count; i++) {
    const last = llamaReference(spec, weights, ids).slice(-spec.vocab)
    ids.push(last.indexOf(Math.max(...last)))
  }
  return ids.slice(prompt.length)
}

interface Changes {
  readonly kv?: KvType
  readonly change?: (weights: Weights) => void
}

/** A decoder of the tiny model; `close` gives everything back and finds nothing left. */
async function open(config: Record<string, unknown>, { kv, change }: Changes = {}) {
  const gpu = await testGpu()
  const before = gpu.pool.liveBytes
  const { spec, source, weights } = tinyCheckpoint(config)
  change?.(weights)
  const model = await CausalModel.load(gpu, spec, new CheckpointWeights(gpu, source), { positions: 16 })
  const blocks = await model.loadBlocks()
  const decoder = new Decoder(gpu, model, blocks, { capacity: 16, kv })
  const close = () => {
    decoder.free()
    for (const block of blocks) freeBlock(gpu, block)
    model.free()
    expect(gpu.pool.liveBytes).toBe(before)
  }
  return { gpu, decoder, close }
}

async function run(
  config: Record<string, unknown>,
  { kv, change, ...options }: GenerateOptions & Changes,
  onPiece = (_: GeneratedPiece) => {},
): Promise<GeneratedPiece[]> {
  const { decoder, close } = await open(config, { ...(kv && { kv }), ...(change && { change }) })
  const pieces: GeneratedPiece[] = []
  try {
    for await (const piece of generate(decoder, tokenizer, prompt, options)) {
      pieces.push(piece)
      onPiece(piece)
    }
    return pieces
  } finally {
    close()
  }
}

const neverEnds = { ...tinyConfig, eos_token_id: null }

describe('generate', () => {
  it('gives the most likely tokens one by one with their text', async () => {
    const expected = continuation(neverEnds, 12)
    const pieces = await run(neverEnds, { maxNewTokens: 12 })
    expect(pieces).toEqual(expected.map((id) => ({ id, text: `<${id}>` })))
  })

  it('gives the same with its cache in halves', async () => {
    const pieces = await run(neverEnds, { maxNewTokens: 12, kv: 'f16' })
    expect(pieces.map(({ id }) => id)).toEqual(continuation(neverEnds, 12))
  })

  it('gives nothing where nothing was asked for', async () => {
    expect(await run(neverEnds, { maxNewTokens: 0 })).toEqual([])
    expect(await run(neverEnds, { maxNewTokens: 0, sampling: { temperature: 1, topK: 0, topP: 1 } })).toEqual([])
  })

  it('draws tokens that the seed decides, not always the likeliest', async () => {
    const sampling = { temperature: 2, topK: 20, topP: 0.95 }
    const drawn = (seed: number) => run(neverEnds, { maxNewTokens: 12, sampling, seed })
    const [first, again, other] = [await drawn(1), await drawn(1), await drawn(2)]
    expect(first).toHaveLength(12)
    expect(again).toEqual(first)
    expect(other).not.toEqual(first)
    expect(first.map(({ id }) => id)).not.toEqual(continuation(neverEnds, 12))
  })

  it('ends before a stop text', async () => {
    const expected = continuation(neverEnds, 12)
    const stops = [`${expected[4]}><`]
    const pieces = await run(neverEnds, { maxNewTokens: 12, stops })
    const whole = expected.map((id) => `<${id}>`).join('')
    expect(pieces.map(({ text }) => text).join('')).toBe(whole.slice(0, whole.indexOf(stops[0]!)))
    expect(pieces.length).toBeLessThan(12)
  })

  it('stops before an end token', async () => {
    const expected = continuation(neverEnds, 12)
    const end = expected[5]!
    const pieces = await run({ ...tinyConfig, eos_token_id: [end] }, { maxNewTokens: 12 })
    expect(pieces.map(({ id }) => id)).toEqual(expected.slice(0, expected.indexOf(end)))
  })

  it('stops at once when asked to, and frees its memory', async () => {
    const abort = new AbortController()
    let pieces = 0
    const stopped = run(neverEnds, { maxNewTokens: 12, signal: abort.signal }, () => {
      if (++pieces === 3) abort.abort()
    })
    await expect(stopped).rejects.toThrow(CancelledError)
    expect(pieces).toBe(3)
  })

  it('frees its memory when its reader leaves', async () => {
    const { gpu, decoder, close } = await open(neverEnds)
    for await (const _ of generate(decoder, tokenizer, prompt, { maxNewTokens: 12 })) break
    close()
    await gpu.settle()
  })

  it('refuses a token that the vocabulary does not have, wherever it came from', async () => {
    const { decoder, close } = await open(neverEnds)
    const refused = generate(decoder, tokenizer, [3, 101], { maxNewTokens: 2 }).next()
    await expect(refused).rejects.toThrow(/expected ids below 101, got 101/)
    close()
  })

  it('refuses an empty stop text, which would end everything before it began', async () => {
    const refused = run(neverEnds, { maxNewTokens: 4, stops: ['.', ''] })
    await expect(refused).rejects.toThrow(FormatError)
    await expect(refused).rejects.toThrow(/stop texts: expected .* got an empty one/)
  })

  it.each([{ temperature: 0 }, { temperature: 1 }])('takes no token of logits that are none, at %o', async (how) => {
    const change = (weights: Weights) => weights.get('model.norm.weight')!.fill(3e38)
    const sampling = { ...how, topK: 0, topP: 1 }
    const refused = run(neverEnds, { maxNewTokens: 4, sampling, change })
    await expect(refused).rejects.toThrow(NumericalError)
    await expect(refused).rejects.toThrow(/next token: expected finite logits/)
  })

  it('says when halves cannot hold the keys, which floats can', async () => {
    const change = (weights: Weights) => weights.get('model.layers.1.self_attn.v_proj.bias')!.fill(7e4, 2, 3)
    await run(neverEnds, { maxNewTokens: 4, change })
    const refused = run(neverEnds, { maxNewTokens: 4, change, kv: 'f16' })
    await expect(refused).rejects.toThrow(NumericalError)
    await expect(refused).rejects.toThrow(/kv cache: expected .* — keep the cache in f32/)
  })

  it('refuses more tokens than there are positions', async () => {
    const refused = run(neverEnds, { maxNewTokens: 13 })
    await expect(refused).rejects.toThrow(FormatError)
    await expect(refused).rejects.toThrow('expected a prompt of 1 to 3 tokens, got 4')
  })
})

describe('a model whose linears are stored as codes', () => {
  /** Codes of 2 and 3 bits for every linear, as they are and as what they stand for. */
  function coded(gpu: Gpu) {
    const { spec, source } = tinyCheckpoint(neverEnds)
    const rest = new CheckpointWeights(gpu, source)
    const shapes = new Map(
      Array.from({ length: spec.layers }, (_, layer) => layer).flatMap((layer) =>
        spec.linears.map((linear) => [linearName(layer, linear), linear] as const),
      ),
    )
    const linearOf = (name: string): AffineLinear => {
      const { out, in: columns } = shapes.get(name)!
      const { linear } = affineSample({
        ...{ out, columns, groupSize: 1000, zeroBits: 3, permuted: true, named: false, seed: out, grid: 'symmetric' },
        widths: [
          [2, 1],
          [3, 1],
        ],
      })
      return { ...linear, grid: symmetricGrid(new Float32Array(out).fill(0.05)) }
    }
    const weights: WeightSource = {
      linear: async (name) => gpu.upload(dequantize(linearOf(name)), [shapes.get(name)!.out, shapes.get(name)!.in]),
      packed: async (name) => uploadLinear(gpu, linearOf(name)),
      tensor: (name, rows) => rest.tensor(name, rows),
    }
    return { spec, weights }
  }

  it('has the same logits from the codes as from the weights, prompt and next token', async () => {
    const gpu = await testGpu()
    const { spec, weights } = coded(gpu)
    const model = await CausalModel.load(gpu, spec, weights, { positions: 16 })
    const logitsOf = async (stored: boolean) => {
      const blocks = await model.loadBlocks(stored)
      const cache = new KvCache(gpu, spec, 16)
      const found: Float32Array[] = []
      for (const [ids, start] of [
        [prompt, 0],
        [[7], prompt.length],
      ] as const) {
        const rec = gpu.record()
        let x = model.embed(rec, Uint32Array.from(ids))
        blocks.forEach((block, layer) => {
          const batch = { windows: 1, length: ids.length }
          const y = model.block.run(rec, block, x, batch, { cache: cache.layers[layer]!, start })
          gpu.free(x)
          x = y
        })
        const logits = model.logits(rec, x, { first: ids.length - 1, count: 1 })
        await gpu.submit(rec)
        found.push(await gpu.readF32(logits))
        gpu.free(x, logits)
      }
      for (const block of blocks) freeBlock(gpu, block)
      cache.free()
      return found
    }
    const [stored, plain] = [await logitsOf(true), await logitsOf(false)]
    model.free()
    // three blocks of float32 sums in another order
    stored.forEach((logits, i) => {
      expectClose(logits, Float64Array.from(plain[i]!), { atol: 1e-4, rtol: 1e-4 })
    })
  })
})
