import { readFileSync } from 'node:fs'
import { describe, expect } from 'vitest'
import { expectClose, testGpu } from '../../test/device'
import { readNpy } from '../../test/npy'
import { sharedPath, sharedTest } from '../../test/shared'
import { folderSources } from '../formats/node-files'
import { openModel } from '../formats/open'
import { CausalModel } from './causal-model'
import { Decoder } from './decoder'
import { generate } from './generation'
import { specFromConfig } from './spec'
import { openTokenizer } from './tokenizer'
import { CheckpointWeights, freeBlock } from './weights'

interface Reference {
  readonly prompt_ids: number[]
  /** The first 16 columns, where there is no file with all of them. */
  readonly logits?: number[][]
  readonly logits_argmax: number[]
  readonly greedy_ids: number[]
  readonly greedy_text: string
}

const referenceOf = (name: string): Reference =>
  JSON.parse(readFileSync(sharedPath('reference/reference.json'), 'utf8')).models[name]

async function open(name: string, positions: number) {
  const gpu = await testGpu()
  const source = await openModel(await folderSources(sharedPath(`models/${name}`)))
  const spec = specFromConfig(source.config)
  const model = await CausalModel.load(gpu, spec, new CheckpointWeights(gpu, source), { positions })
  return { gpu, spec, model, tokenizer: openTokenizer(source.files) }
}

/** Logits [tokens, vocab] as rows. */
async function logitsOf(name: string, ids: readonly number[]): Promise<Float32Array[]> {
  const { gpu, spec, model } = await open(name, ids.length)
  const start = gpu.record()
  let x = model.embed(start, Uint32Array.from(ids))
  await gpu.submit(start)
  await model.forEachBlock(async (block) => {
    const rec = gpu.record()
    const y = model.block.run(rec, block, x, { windows: 1, length: ids.length })
    gpu.free(x)
    x = y
    await gpu.submit(rec)
  })
  const rec = gpu.record()
  const logits = model.logits(rec, x, { first: 0, count: ids.length })
  await gpu.submit(rec)
  const values = await gpu.readF32(logits)
  gpu.free(x, logits)
  model.free()
  return ids.map((_, i) => values.subarray(i * spec.vocab, (i + 1) * spec.vocab))
}

describe('logits of the first 8 prompt tokens', () => {
  for (const name of ['stories260K', 'wren-nano', 'wren-3m', 'wren-25m']) {
    const npy = name === 'stories260K' ? null : `reference/${name}.logits.npy`
    const needs = [`models/${name}`, npy ?? 'reference/reference.json']
    const check = async () => {
      const reference = referenceOf(name)
      const rows = await logitsOf(name, reference.prompt_ids.slice(0, 8))
      const expected = npy ? readNpy(sharedPath(npy)) : reference.logits!.flat()
      const columns = expected.length / rows.length
      const actual = rows.flatMap((row) => [...row.subarray(0, columns)])
      expectClose(actual, expected, { atol: 1e-3 })
      expect(rows.map((row) => row.indexOf(Math.max(...row)))).toEqual(reference.logits_argmax)
    }
    sharedTest(`${name} as PyTorch or NumPy gives them`, needs, check, 120_000)
  }
})

describe('greedy text', () => {
  for (const [name, kv] of [
    ['wren-nano', 'f32'],
    ['wren-3m', 'f32'],
    ['wren-nano', 'f16'],
    ['wren-3m', 'f16'],
  ] as const)
    sharedTest(
      `${name} goes on token by token as PyTorch does, its cache in ${kv}`,
      [`models/${name}`, 'reference/reference.json'],
      async () => {
        const reference = referenceOf(name)
        const { gpu, model, tokenizer } = await open(name, reference.greedy_ids.length)
        const blocks = await model.loadBlocks()
        const prompt = reference.prompt_ids
        const maxNewTokens = reference.greedy_ids.length - prompt.length
        const decoder = new Decoder(gpu, model, blocks, { capacity: reference.greedy_ids.length, kv })
        const ids = [...prompt]
        let text = tokenizer.decode(prompt)
        for await (const piece of generate(decoder, tokenizer, prompt, { maxNewTokens })) {
          if (piece.id !== null) ids.push(piece.id)
          text += piece.text
        }
        expect(ids).toEqual(reference.greedy_ids)
        expect(text).toBe(reference.greedy_text)
        decoder.free()
        for (const block of blocks) freeBlock(gpu, block)
        model.free()
      },
      120_000,
    )
})
