import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { folderSources } from '../src/formats/node-files'
import { openModel } from '../src/formats/open'
import type { Inspection } from '../src/inspection-records'
import type { PerplexityReport } from '../src/measurement-records'
import type { EffectiveBits } from '../src/records'
import { bitloom, bitloomJson, built, nano, sample, scratch } from '../test/cli'
import { ggufFile } from '../test/gguf'
import { packQ8 } from '../test/gguf-blocks'
import { ggufOf } from '../test/gguf-model'
import { everyReadType } from '../test/gguf-types'

const folder = scratch()
const path = (name: string) => join(folder, name)
const text = sample(folder, 'state-of-the-union', 4_000)
const windows = ['--text', text, '--protocol', 'windows:64', '--max-tokens', 300]
const exact = path('nano.gguf')
const coded = path('nano-q8_0.gguf')

beforeAll(async () => {
  await built()
  const written = await ggufOf(await openModel(await folderSources(nano)))
  writeFileSync(exact, ggufFile(written))
  writeFileSync(coded, ggufFile({ ...written, tensors: written.tensors.map(packQ8) }))
}, 120_000)

it('says what a GGUF file is, and that it was quantized before', async () => {
  const plain = await bitloomJson<Inspection>('inspect', exact)
  expect(plain).toMatchObject({ name: 'nano', kind: 'gguf', architecture: 'LlamaForCausalLM', warnings: [] })
  expect(plain.parameters).toBe((await bitloomJson<Inspection>('inspect', nano)).parameters)
  const { stdout } = await bitloom('inspect', coded)
  expect(stdout).toMatch(/^nano-q8_0 {2}LlamaForCausalLM {2}0\.7 M parameters/)
  expect(stdout).toMatch(/^warning: This model was quantized before \(Q8_0 × 29\)/m)
  const { tensors } = await bitloomJson<Inspection>('inspect', coded)
  const embedding = {
    name: 'model.embed_tokens.weight',
    dtype: 'Q8_0',
    shape: [8192, 64],
    bytes: (8192 * 64 * 34) / 32,
  }
  expect(tensors[0]).toEqual(embedding)
})

it('measures, continues and quantizes it as the folder', async () => {
  const nll = async (model: string) => (await bitloomJson<PerplexityReport>('eval', model, ...windows)).nll
  const original = await nll(nano)
  expect(await nll(exact)).toBe(original)
  expect(Math.abs((await nll(coded)) / original - 1)).toBeLessThan(0.01)

  const continued = async (model: string) =>
    (await bitloomJson<{ text: string }>('generate', model, '--prompt', 'The whale', '--max-new-tokens', 8)).text
  expect(await continued(exact)).toBe(await continued(nano))

  const quantized = (model: string, out: string) =>
    bitloomJson<{ effectiveBits: EffectiveBits; warnings: string[] }>(
      'quantize',
      model,
      '--method',
      'rtn',
      '--out',
      out,
    )
  const [folderPacked, packed, again] = [
    path('folder.safetensors'),
    path('packed.safetensors'),
    path('again.safetensors'),
  ]
  const { effectiveBits } = await quantized(nano, folderPacked)
  expect(await quantized(exact, packed)).toMatchObject({ effectiveBits, warnings: [] })
  expect(await nll(packed)).toBe(await nll(folderPacked))
  expect((await quantized(coded, again)).warnings[0]).toMatch(/quantized before/)
  // what is packed is a checkpoint's config and tokenizer: it opens without the GGUF file
  expect(await nll(again)).toBeGreaterThan(original)
}, 120_000)

it('measures and quantizes a model of codebooks and other types that are only read', async () => {
  const types = path('types.gguf')
  writeFileSync(types, await everyReadType())
  const { warnings } = await bitloomJson<Inspection>('inspect', types)
  expect(warnings[0]).toMatch(/quantized before \(IQ1_S × 1, IQ1_M × 1, IQ2_XXS × 1, .*NVFP4 × 1/)
  const { stdout } = await bitloom('inspect', types, '--tensor', 'blk.0.attn_q.weight')
  expect(stdout).toMatch(/IQ1_S \[256, 256\].*\n {2}blocks +one of 2048 codebook entries for 8 weights/)
  const nll = async (model: string) => (await bitloomJson<PerplexityReport>('eval', model, ...windows)).nll
  const packed = path('types.safetensors')
  const run = await bitloomJson<{ warnings: string[] }>(
    ...['quantize', types, '--method', 'rtn', '--bits', 8, '--group-size', 32, '--out', packed],
  )
  expect(run.warnings[0]).toMatch(/quantized before/)
  // eight bits change little of what codes stand for
  expect(Math.abs((await nll(packed)) / (await nll(types)) - 1)).toBeLessThan(0.01)
}, 120_000)
