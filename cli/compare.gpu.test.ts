import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { PerplexityReport } from '../src/measurement-records'
import { defaultRecipe } from '../src/pipeline/recipe'
import type { EffectiveBits, ModuleRecord } from '../src/records'
import { bitloom, bitloomJson, built, nano, sample, scratch, start } from '../test/cli'
import { type Comparison, type DoneRun, isDone } from './compare/document'

const folder = scratch()
const path = (name: string) => join(folder, name)
const calibration = sample(folder, 'moby-dick', 12_000)
const text = sample(folder, 'state-of-the-union', 8_000)
const small = ['--calibration', calibration, '--samples', 2, '--seq-len', 64]
const scored = ['--text', text, '--text', calibration, '--chars', 1500, '--protocol', 'windows:64']
const line = ['compare', nano, ...small, ...scored, '--sweep', 'method=rtn,gptq', '--bits', 3, '--group-size', 32]
const read = (name: string) => JSON.parse(readFileSync(path(name), 'utf8')) as Comparison

beforeAll(built, 120_000)

describe('two recipes of one model', () => {
  const out = path('deep/er.json')
  let made: Comparison

  it('are run and measured on every text', async () => {
    made = await bitloomJson<Comparison>(...line, '--out', out)
    expect(read('deep/er.json')).toEqual(made)
    expect(readdirSync(path('deep'))).toEqual(['er.json'])
    expect(made).toMatchObject({ version: 1, model: { name: 'wren-nano' }, protocol: 'windows:64' })
    expect(made.texts.map(({ name, characters }) => [name, characters])).toEqual([
      ['state-of-the-union.txt', 1500],
      ['moby-dick.txt', 1500],
    ])
    const [rtn, gptq] = made.runs as [DoneRun, DoneRun]
    expect([rtn, gptq].map(({ recipe }) => recipe.method)).toEqual(['rtn', 'gptq'])
    expect([rtn.error.output, rtn.drift]).toEqual([null, null])
    expect(gptq.error.output).toBeGreaterThan(0)
    expect(gptq.drift).toBeGreaterThan(0)
    for (const { perplexity, bits, peakGpuBytes } of [rtn, gptq]) {
      expect(bits.code).toBe(3)
      expect(peakGpuBytes).toBeGreaterThan(0)
      for (const [name, { perplexity: value }] of Object.entries(made.unquantized.perplexity))
        expect(perplexity[name]!.perplexity).toBeGreaterThan(value)
    }
  })

  it('come out as quantize and eval have them', async () => {
    const [, gptq] = made.runs as [DoneRun, DoneRun]
    const [recipe, packed, short] = [path('recipe.json'), path('packed.safetensors'), path('short.txt')]
    writeFileSync(recipe, JSON.stringify(gptq.recipe))
    const words = ['quantize', nano, '--recipe', recipe, '--calibration', calibration, '--out', packed]
    const { modules, effectiveBits } = await bitloomJson<{
      modules: readonly ModuleRecord[]
      effectiveBits: EffectiveBits
    }>(...words)
    expect(gptq.bits).toEqual(effectiveBits)
    const mean = modules.reduce((sum, { error }) => sum + error.output!, 0) / modules.length
    expect(gptq.error.output).toBe(mean)
    writeFileSync(short, readFileSync(text, 'utf8').slice(0, 1500))
    const { perplexity } = await bitloomJson<PerplexityReport>(
      'eval',
      packed,
      '--text',
      short,
      '--protocol',
      'windows:64',
    )
    expect(gptq.perplexity['state-of-the-union.txt']!.perplexity).toBe(perplexity)
  })

  it('are not run again: only what is new', async () => {
    const { code, stdout, stderr } = await bitloom(...line, '--sweep', 'seed=0,4', '--out', out)
    expect(code, stderr).toBe(0)
    expect(stderr).toMatch(/^2 of 4 runs are there already$/m)
    expect(stderr).toMatch(/^2\/2 {2}method gptq, seed 4 /m)
    expect(read('deep/er.json').runs.slice(0, 2)).toEqual(made.runs)
    expect(stdout).toMatch(
      /^method +seeds +code bits +bits +state-of-the-union\.txt +ratio +moby-dick\.txt +ratio +seconds$/m,
    )
    // rounding to nearest has no use for a seed
    expect(stdout).toMatch(/^rtn +2 +3\.0000 +3\.\d{4} +\d+\.\d{3} ± 0\.000 /m)
  })

  it('are not mixed with runs under another setting', async () => {
    const before = read('deep/er.json')
    const { code, stderr } = await bitloom(...line, '--protocol', 'windows:32', '--out', out)
    expect(code).toBe(1)
    expect(stderr).toMatch(/expected runs with protocol "windows:32" in '.*', got "windows:64" — choose another --out/)
    writeFileSync(path('mine.json'), '{"mine": 1}')
    expect((await bitloom(...line, '--out', path('mine.json'))).stderr).toMatch(/expected a comparison in .* — choose/)
    expect(readFileSync(path('mine.json'), 'utf8')).toBe('{"mine": 1}')
    expect(read('deep/er.json')).toEqual(before)
  })
})

describe('a comparison that does not go through', () => {
  it('goes on after a run that fails, and ends with 1', async () => {
    const rtn = defaultRecipe('rtn')
    const long = { ...defaultRecipe('gptq'), calibration: { ...rtn.calibration, length: 8192 } }
    writeFileSync(
      path('recipes.json'),
      JSON.stringify([
        { label: 'long', recipe: long },
        { label: 'plain', recipe: rtn },
      ]),
    )
    const words = ['compare', nano, ...scored, '--recipes', path('recipes.json'), '--calibration', calibration]
    const { code, stdout } = await bitloom(...words, '--out', path('partly.json'))
    expect(code).toBe(1)
    expect(stdout).toMatch(/^plain +4\.0000 /m)
    expect(stdout).toMatch(/^failed: long, seed 0: calibration: expected windows of at most 1024 tokens, .*got 8192/m)
    expect(read('partly.json').runs.map(isDone)).toEqual([false, true])
  })

  it('keeps on Ctrl+C what is done', async () => {
    const out = path('stopped.json')
    const { child, ended } = start([...line, '--sweep', 'seed=0,1,2,3', '--out', out])
    await new Promise<void>((ready) => child.stderr!.on('data', (text: string) => /^1\/8 /m.test(text) && ready()))
    child.kill('SIGINT')
    const { code, stdout, stderr } = await ended
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' })
    expect(stderr).toMatch(/bitloom: stopped; .*stopped\.json keeps \d runs?; the same command goes on from there\n$/)
    expect(read('stopped.json').runs.length).toBeGreaterThan(0)
  })
})
