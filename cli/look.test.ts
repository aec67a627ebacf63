import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { nano, nanoWith, runHere, scratch } from '../test/cli'
import { strangeGguf } from '../test/view-files'

const folder = scratch()
const strange = join(folder, 'strange.gguf')
writeFileSync(strange, strangeGguf(2, 256, 512))

it('inspects a GGUF file of an unknown architecture, without a GPU', async () => {
  const { code, stdout } = await runHere('inspect', strange)
  expect(code).toBe(0)
  expect(stdout).toMatch(/^strange {2}loomish {2}1\.0 M weights/)
  expect(stdout).toMatch(/can be looked at, not run, because strange\.gguf: general\.architecture: expected llama/)
  expect(stdout).toMatch(/by type\n {2}Q8_0 .* 8\.50 bits\/weight/)
  expect(stdout).toContain('\\u202egpj\\u001b[2J')
  for (const character of ['\u202e', '\u001b']) expect(stdout).not.toContain(character)

  const json = JSON.parse((await runHere('inspect', strange, '--json')).stdout)
  expect(json).toMatchObject({ name: 'strange', kind: 'GGUF', architecture: 'loomish', runs: false })
  expect(json.tensors.find(({ name }: { name: string }) => name === 'blk.1.attn_q.weight')).toMatchObject({
    ...{ dtype: 'Q4_K', shape: [256, 256], bytes: 36864, weights: 65536, bits: 4.5, kind: 'attention' },
  })
  expect(json.types).toContainEqual({ name: 'IQ2_XS', tensors: 2, bytes: 9472, weights: 32768, bits: 2.3125 })
  expect(json.metadata).toContainEqual({ key: 'loomish.block_count', type: 'number', value: '2', cut: false })
})

it('tells one tensor in numbers', async () => {
  const args = ['inspect', strange, '--tensor', 'output_norm.weight']
  const { statistics } = JSON.parse((await runHere(...args, '--json')).stdout)
  expect(statistics).toMatchObject({ zeros: 0, nans: 0, infinities: 0, min: 1 })
  expect(statistics.max).toBeCloseTo(1.6, 3)
  expect((await runHere(...args)).stdout).toMatch(/^output_norm\.weight {2}F16 \[256\] {2}256 weights\n {2}min +1\n/)
  for (const [name, says] of [
    ['nothing', /expected the name of a tensor/],
    ['foreign.weight', /expected a type that llama.cpp has, got type 137/],
  ] as const) {
    const refused = await runHere('inspect', strange, '--tensor', name)
    expect(refused.code).toBe(1)
    expect(refused.stderr).toMatch(says)
  }
})

it('tells the weights and blocks of a tensor with a codebook', async () => {
  const args = ['inspect', strange, '--tensor', 'blk.1.codebook.weight']
  expect(JSON.parse((await runHere(...args, '--json')).stdout)).toMatchObject({
    ...{ dtype: 'IQ2_XS', shape: [64, 256], weights: 16384 },
    block: { weights: 16, super: 256, book: { weights: 8, entries: 512 } },
    statistics: { zeros: 0, nans: 0, infinities: 0 },
  })
  expect((await runHere(...args)).stdout).toContain(
    'one of 512 codebook entries for 8 weights, a scale for 16 weights, a super-block of 256',
  )
})

it('inspects a lone weight file, and a folder without its tokenizer', async () => {
  const alone = join(folder, 'alone.safetensors')
  copyFileSync(join(nano, 'model.safetensors'), alone)
  for (const [path, says] of [
    [alone, /not run, because model: expected config\.json, tokenizer\.json beside alone\.safetensors/],
    [nanoWith(folder, { 'tokenizer.json': null }), /not run, because model: expected tokenizer\.json beside/],
  ] as const) {
    const { code, stdout } = await runHere('inspect', path)
    expect([code, stdout]).toEqual([0, expect.stringMatching(says)])
    expect(stdout).toMatch(/embedding +72\.7 % .*16\.00 bits\/weight/)
  }
})
