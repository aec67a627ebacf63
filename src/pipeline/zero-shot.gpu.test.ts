import { describe, expect, it } from 'vitest'
import { expectClose, smallGpu, testGpu } from '../../test/device'
import { openedTiny, tinyConfig, tinyText } from '../../test/tiny-checkpoint'
import { CancelledError, NumericalError } from '../errors'
import type { Gpu } from '../gpu/device'
import type { Progress } from '../records'
import { llamaReference } from '../reference/llama'
import { nllReference } from '../reference/transformer'
import { weightsOf } from './opened'
import { type ZeroShotRequest, zeroShot } from './zero-shot'
import type { TextPair } from './zero-shot-formats'
import { parseTask } from './zero-shot-task'
import { encodePair } from './zero-shot-tokens'

const { model, spec, weights } = openedTiny({ ...tinyConfig, max_position_embeddings: 24 })

/** Items of every length, some of them longer than the model's context. */
const text = (length: number, seed: number) => tinyText(length, seed).replaceAll(/\s/g, 'x')
const choices = Array.from({ length: 7 }, (_, i) => ({
  query: text(3 + 5 * i, i),
  choices: [text(1 + i, 10 + i), text(9 - i, 20 + i), text(3, 30 + i)],
  gold: i % 3,
}))
const jsonl = (items: readonly unknown[]) => items.map((item) => JSON.stringify(item)).join('\n')
const task = parseTask('tiny.jsonl', jsonl(choices))

/** A run that must leave the device's memory as it was. */
async function run(gpu: Gpu, request: Partial<ZeroShotRequest> = {}, opened = model) {
  const before = gpu.pool.liveBytes
  try {
    return await zeroShot(gpu, opened, weightsOf(gpu, opened), { task, ...request })
  } finally {
    expect(gpu.pool.liveBytes, 'live bytes after the run').toBe(before)
  }
}

/** log p of every token of the continuation by the float64 model, and whether each is the likeliest. */
function reference(pair: TextPair) {
  const { input, targets } = encodePair(model.tokenizer, spec, pair, '')
  const logits = llamaReference(spec, weights, input)
  return targets.map((target, i) => {
    const at = input.length - targets.length + i
    const row = logits.subarray(at * spec.vocab, (at + 1) * spec.vocab)
    return { logP: -nllReference(row, target), likeliest: row.indexOf(Math.max(...row)) }
  })
}
const expected = task.items.map(({ pairs }) =>
  pairs.map((pair) => reference(pair).reduce((sum, { logP }) => sum + logP, 0)),
)

describe('log-likelihoods of continuations', () => {
  it('are the float64 model’s to 1e-4', async () => {
    expect(Math.max(...task.items.flatMap(({ pairs }) => pairs.map(({ context }) => context.length)))).toBeGreaterThan(
      24,
    )
    const report = await run(await testGpu())
    expectClose(report.logLikelihoods.flat(), expected.flat(), { atol: 1e-4, rtol: 1e-5 })
    expect(report.predictions).toEqual(expected.map((values) => values.indexOf(Math.max(...values))))
    expect(report).toMatchObject({ task: 'tiny', kind: 'choices', items: 7, stored: false })
  })

  it('are the same however sequences are batched and rounds cut', async () => {
    // room for one window of 24 tokens, several of the shorter ones
    const progress: number[] = []
    const report = await run(await smallGpu(4 * 4 * 59 * 24), {
      roundBytes: 4 * 36 * 60,
      onProgress: (p: Progress) => p.type === 'phase' && p.phase === 'evaluate' && progress.push(p.done / p.total),
    })
    expectClose(report.logLikelihoods.flat(), expected.flat(), { atol: 1e-4, rtol: 1e-5 })
    expect(progress.length).toBeGreaterThan(4 * 10)
    expect(progress).toEqual(progress.map((_, i) => i / progress.length))
  })
})

it('knows a last word that greedy decoding gives', async () => {
  // without the space before it, a word may be one letter: the float64 model's likeliest, or another one
  const letters = model.tokenizer
  const tokenizer = { ...letters, encode: (text: string) => letters.encode(text.replaceAll(' ', '')) }
  const items = Array.from({ length: 6 }, (_, i) => {
    const context = text(8 + i, 40 + i)
    const { likeliest } = reference({ context, continuation: 'x' })[0]!
    return { context, continuation: String.fromCharCode(202 + ((likeliest + (i % 2)) % 101)) }
  })
  const report = await run(await testGpu(), { task: parseTask('words', jsonl(items)) }, { ...model, tokenizer })
  expect(report.predictions).toEqual([0, -1, 0, -1, 0, -1])
  const mean = items.reduce((sum, pair) => sum + reference(pair)[0]!.logP, 0) / items.length
  expect(Math.abs(Math.log(report.perplexity!) + mean)).toBeLessThan(1e-4)
})

describe('a run', () => {
  it('stops when asked to, while it reads and at a block, and runs again', async () => {
    const gpu = await testGpu()
    for (const [phase, stop] of [
      ['tokenize', 0],
      ['evaluate', 1],
      ['evaluate', 3],
    ] as const) {
      const abort = new AbortController()
      const onProgress = (p: Progress) => p.type === 'phase' && p.phase === phase && p.done === stop && abort.abort()
      await expect(run(gpu, { signal: abort.signal, onProgress })).rejects.toThrow(CancelledError)
    }
    expect((await run(gpu)).items).toBe(7)
  })

  it('says where a continuation does not fit', async () => {
    const long = parseTask('long.jsonl', jsonl([choices[0], { ...choices[1], choices: ['a', text(30, 1)] }]))
    await expect(run(await testGpu(), { task: long })).rejects.toThrow(
      /^long, line 2: expected a continuation of 1 to 24 tokens, got 31/,
    )
  })

  it('says so when the numbers run over', async () => {
    const broken = openedTiny({ ...tinyConfig, max_position_embeddings: 24 })
    broken.weights.get('model.layers.2.mlp.up_proj.weight')!.fill(1e30)
    broken.weights.get('model.layers.2.mlp.gate_proj.weight')!.fill(1e30)
    await expect(run(await testGpu(), {}, broken.model)).rejects.toThrow(NumericalError)
  })
})
