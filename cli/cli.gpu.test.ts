import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { openGpu } from '../src/gpu/open'
import type { Inspection } from '../src/inspection-records'
import type { DivergenceReport, PerplexityReport, ZeroShotReport } from '../src/measurement-records'
import { quantizedWeights } from '../src/pipeline/opened'
import { perplexity } from '../src/pipeline/perplexity'
import type { EffectiveBits, ModuleRecord, Recipe } from '../src/records'
import { bitloom, bitloomJson, built, nano, nanoWith, sample, scratch, start } from '../test/cli'
import { expectClose } from '../test/device'
import { requestTestAdapter } from '../test/gpu'
import { quantizeWhole } from '../test/whole'
import { openPath, readText } from './input'
import type { Profile } from './profile'

interface Quantized {
  readonly out: string
  readonly bytes: number
  readonly effectiveBits: EffectiveBits
  readonly modules: readonly ModuleRecord[]
  readonly seconds: { readonly total: number }
  readonly recipe: Recipe
  readonly profile?: Profile
}

const folder = scratch()
const path = (name: string) => join(folder, name)
const calibration = sample(folder, 'moby-dick', 12_000)
const text = sample(folder, 'state-of-the-union', 8_000)
const small = ['--calibration', calibration, '--samples', 4, '--seq-len', 64]
const windows = ['--text', text, '--protocol', 'windows:64', '--max-tokens', 700]
const errors = ({ modules }: Quantized) => modules.map(({ name, error }) => [name, error.weight, error.output])

beforeAll(built, 120_000)

describe('from a checkpoint to its numbers', () => {
  const packed = path('deep/er/gptq.safetensors')
  let made: Quantized
  let measured: PerplexityReport

  it('quantizes with GPTQ; progress goes to standard error', async () => {
    const args = ['quantize', nano, ...small, '--bits', 4, '--pick', 'random', '--seed', 7, '--out', packed]
    const { code, stdout, stderr } = await bitloom(...args, '--json', '--occupancy')
    expect(code, stderr).toBe(0)
    // one object and nothing else: neither progress nor what Dawn has to say
    expect(stdout).toMatch(/^\{[^\n]*\}\n$/)
    expect(stderr).toMatch(/^model\.layers\.3\.mlp\.down_proj {2}4\.208 bits {2}weight error .* output error/m)
    expect(stderr).toMatch(/^block 4\/4 /m)
    made = JSON.parse(stdout) as Quantized
    const { grain, kernels, occupancy } = made.profile!
    expect([grain, kernels]).toEqual(['pass', null])
    expect(Object.keys(occupancy.phases)).toEqual(['embed', 'propagate', 'calibrate', 'quantize'])
    expect(occupancy.busyMs).toBeGreaterThan(0)
    expect(occupancy.busyMs + occupancy.idleMs).toBeLessThan(1000 * made.seconds.total)
    expect(stderr).toMatch(/^all +\d+\.\d\d +\d+\.\d\d +\d+\.\d\d +\d+\.\d %$/m)
    const { effectiveBits: bits, modules, seconds, recipe, bytes } = made
    expect(bytes).toBe(readFileSync(packed).length)
    expect(bits.code).toBe(4)
    // a 16-bit scale and a 4-bit zero: for 64 columns of three quarters of the weights, for 96 on average of down_proj's 192
    expect(bits.scale).toBeCloseTo(0.75 * (20 / 64) + 0.25 * (20 / 96), 12)
    expect(bits.index).toBe(0)
    expect(bits.total).toBe(bits.code + bits.scale + bits.index)
    expect(modules).toHaveLength(28)
    for (const { error } of modules) {
      expect(error.weight).toBeGreaterThan(0.005)
      expect(error.weight).toBeLessThan(0.05)
      expect(error.output).toBeLessThan(error.weight * 1.5)
    }
    expect(seconds.total).toBeGreaterThan(0)
    expect(recipe).toMatchObject({ method: 'gptq', seed: 7, calibration: { samples: 4, length: 64, pick: 'random' } })
    expect(readdirSync(path('deep/er'))).toEqual(['gptq.safetensors'])
  })

  it('reopens the packed file alone, with the same perplexity each time', async () => {
    measured = await bitloomJson<PerplexityReport>('eval', packed, ...windows)
    expect(measured).toMatchObject({ protocol: 'windows:64', text: 'state-of-the-union.txt', windows: 10, tokens: 630 })
    const again = await bitloom('eval', packed, ...windows)
    expect(again.stdout).toMatch(
      new RegExp(
        `^perplexity ${measured.perplexity.toFixed(4)} \\(95 %: [\\d.]+ to [\\d.]+\\) {2}windows:64 .* 630 tokens in 10 windows .*\n$`,
      ),
    )
  })

  it('compares its predictions with the original’s, and reports what was measured', async () => {
    const compared = await bitloomJson<DivergenceReport>('eval', packed, '--reference', nano, ...windows)
    expect(compared).toMatchObject({ tokens: 630, windows: 10, text: 'state-of-the-union.txt' })
    expect(compared.quantized.perplexity / measured.perplexity).toBeCloseTo(1, 5)
    expect(compared.kl.mean).toBeGreaterThan(0.001)
    expect(compared.kl.p99).toBeGreaterThan(compared.kl.median)
    const file = path('compared.json')
    writeFileSync(file, JSON.stringify(compared))
    const page = path('report.html')
    await bitloom('report', packed, '--measured', file, '--out', page)
    const text = readFileSync(page, 'utf8')
    expect(text).toContain('<h1>wren-nano</h1>')
    expect(text).toContain(`× ${compared.ratio.value.toFixed(4)}`)
    expect(text).toContain('llama-cli -m wren-nano.gguf')
  })

  it('measures the codes as they are stored, within 0.1 % of the weights that they stand for', async () => {
    const stored = await bitloomJson<PerplexityReport>('eval', packed, ...windows, '--stored')
    expect(stored.tokens).toBe(measured.tokens)
    expect(Math.abs(stored.perplexity / measured.perplexity - 1)).toBeLessThan(1e-3)
  })

  it('scores zero-shot tasks, the first items of them, from stored codes too', async () => {
    const questions = path('questions.jsonl')
    const words = path('words.jsonl')
    const nouns = ['boat', 'ship', 'whale', 'sea', 'storm', 'crew']
    const lines = (of: (noun: string, i: number) => object) =>
      nouns.map((noun, i) => JSON.stringify(of(noun, i))).join('\n')
    writeFileSync(
      questions,
      lines((noun, i) => ({
        query: `Question: Where is the ${noun}?\n`,
        choices: ['At sea.', 'Nowhere at all.'],
        gold: i % 2,
      })),
    )
    writeFileSync(
      words,
      lines((noun) => ({ context: `The ${noun} was there. He saw the`, continuation: noun })),
    )
    const args = ['eval', packed, '--task', questions, '--task', words, '--limit', 5]
    const { tasks } = await bitloomJson<{ tasks: ZeroShotReport[] }>(...args)
    expect(tasks).toMatchObject([
      { task: 'questions', kind: 'choices', items: 5, gold: [0, 1, 0, 1, 0], perplexity: null, stored: false },
      { task: 'words', kind: 'lastWord', items: 5, normalized: null, stored: false },
    ])
    expect(tasks[0]!.predictions).toHaveLength(5)
    const stored = await bitloomJson<{ tasks: ZeroShotReport[] }>(...args, '--stored')
    const flat = (reports: ZeroShotReport[]) => reports.flatMap(({ logLikelihoods }) => logLikelihoods.flat())
    expectClose(flat(stored.tasks), flat(tasks), { rtol: 1e-3 })
    expect(stored.tasks.map((task) => task.stored)).toEqual([true, true])
    const { stdout } = await bitloom(...args)
    expect(stdout).toMatch(
      /^task +items +acc % +acc_norm % +perplexity +seconds\nquestions +5 +[\d.]+ ± [\d.]+ +[\d.]+ ± [\d.]+ +[\d.]+\nwords +5 +/,
    )
  })

  it('measures the file as the run that made it would have', async () => {
    const gpu = await openGpu(await requestTestAdapter())
    const model = await openPath(nano)
    const { linears, changed } = await quantizeWhole(gpu, model, {
      recipe: made.recipe,
      calibration: await readText(calibration),
    })
    const weights = quantizedWeights(gpu, model, async (name) => linears.get(name)!, changed)
    const request = { text: await readText(text), protocol: 'windows:64', maxTokens: 700 }
    const { perplexity: inMemory } = await perplexity(gpu, model, weights, request)
    gpu.destroy()
    expect(inMemory).toBe(measured.perplexity)
  })

  it('costs what four bits cost a model this small', async () => {
    const original = await bitloomJson<PerplexityReport>('eval', nano, ...windows)
    expect(original.perplexity).toBeGreaterThan(60)
    expect(measured.perplexity / original.perplexity).toBeGreaterThan(1)
    expect(measured.perplexity / original.perplexity).toBeLessThan(1.4)
  })

  it('exports a float16 folder that measures the same to 0.1 %', async () => {
    const { bytes } = await bitloomJson<{ bytes: number }>('export', packed, '--format', 'fp16', '--out', path('fp16'))
    const names = readdirSync(path('fp16'))
    expect(names).toEqual(readdirSync(nano).filter((name) => name !== 'README.md'))
    expect(bytes).toBe(names.reduce((sum, name) => sum + readFileSync(join(path('fp16'), name)).length, 0))
    for (const name of names.filter((name) => name !== 'model.safetensors'))
      expect(readFileSync(join(path('fp16'), name))).toEqual(readFileSync(join(nano, name)))
    const exported = await bitloomJson<PerplexityReport>('eval', path('fp16'), ...windows)
    expect(Math.abs(exported.perplexity / measured.perplexity - 1)).toBeLessThan(0.001)
  })

  it('generates as many tokens as asked for', async () => {
    const prompt = 'The sea'
    const { code, stdout } = await bitloom('generate', packed, '--prompt', prompt, '--max-new-tokens', 5)
    expect(code).toBe(0)
    const told = await bitloomJson<{
      text: string
      tokens: number
      timeToFirstTokenMs: number
      tokensPerSecond: number
      memoryBytes: number
    }>(...['generate', packed, '--prompt', prompt, '--max-new-tokens', 5])
    expect(told.tokens).toBe(5)
    expect(stdout).toBe(`${prompt}${told.text}\n`)
    expect(told.timeToFirstTokenMs).toBeGreaterThan(0)
    expect(told.tokensPerSecond).toBeGreaterThan(0)
    // every parameter of wren-nano at the least, most of them float32 on a software adapter
    expect(told.memoryBytes).toBeGreaterThan(2 ** 20)
  })

  it('answers a message by the chat template, and refuses where there is none', async () => {
    const chat_template = '{{ bos_token }}{% for m in messages %}[{{ m.role }}] {{ m.content }} {% endfor %}'
    const config = JSON.parse(readFileSync(join(nano, 'tokenizer_config.json'), 'utf8'))
    const talker = nanoWith(folder, { 'tokenizer_config.json': JSON.stringify({ ...config, chat_template }) })
    const ask = ['--prompt', 'Who?', '--max-new-tokens', 3, '--chat', '--system', 'Brief.', '--kv', 'f16'] as const
    const told = await bitloomJson<{ prompt: string; text: string; ids: number[] }>('generate', talker, ...ask)
    expect(told.prompt).toBe('<s>[system] Brief. [user] Who? ')
    expect(told.ids[0]).toBe(0)
    expect((await bitloom('generate', talker, ...ask)).stdout).toBe(`${told.text}\n`)
    const { code, stderr } = await bitloom('generate', packed, ...ask)
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringMatching(/got one without — /) })
  })

  it('inspects checkpoint and packed file', async () => {
    const before = await bitloomJson<Inspection>('inspect', nano)
    expect(before).toMatchObject({
      name: 'wren-nano',
      kind: 'hf-checkpoint',
      spec: { layers: 4, hidden: 64 },
      bits: null,
    })
    expect(before.problems).toEqual([])
    const after = await bitloomJson<Inspection>('inspect', packed)
    expect(after).toMatchObject({ name: 'gptq', kind: 'bitloom', bits: made.effectiveBits })
  })

  it('repeats a run from its recipe, to the last bit of every error', async () => {
    const recipe = path('recipe.json')
    writeFileSync(recipe, JSON.stringify(made.recipe))
    const replaced = path('again.safetensors')
    writeFileSync(replaced, 'older')
    const args = ['quantize', nano, '--recipe', recipe, '--calibration', calibration, '--out', replaced]
    const again = await bitloomJson<Quantized>(...args, '--force')
    expect(again.recipe).toEqual(made.recipe)
    expect(errors(again)).toEqual(errors(made))
    // a flag beside the recipe wins: another seed draws other windows
    const other = await bitloomJson<Quantized>(...args, '--force', '--seed', 8)
    expect(other.recipe).toEqual({ ...made.recipe, seed: 8 })
    expect(errors(other)).not.toEqual(errors(made))
  })

  it('refuses to quantize what is quantized', async () => {
    const { code, stderr } = await bitloom('quantize', packed, '--method', 'rtn', '--out', path('twice.safetensors'))
    expect(code).toBe(1)
    expect(stderr).toMatch(/^bitloom: gptq: expected a checkpoint of float weights, .* — open the original$/m)
    expect(existsSync(path('twice.safetensors'))).toBe(false)
  })
})

describe('RTN', () => {
  it('needs no text; a scale for every row costs less', async () => {
    const args = ['quantize', nano, '--method', 'rtn', '--bits', 3, '--group-size', -1, '--symmetric']
    const { effectiveBits, modules } = await bitloomJson<Quantized>(...args, '--out', path('rtn.safetensors'))
    expect(effectiveBits.code).toBe(3)
    expect(effectiveBits.scale).toBeCloseTo(0.75 * (16 / 64) + 0.25 * (16 / 192), 12)
    expect(modules.every(({ error }) => error.output === null)).toBe(true)
  })
})

describe('a run that cannot be finished', () => {
  const never = (model: string, ...flags: (string | number)[]) =>
    bitloom('quantize', model, '--out', path('never.safetensors'), ...flags)

  it('names NaN weights', async () => {
    const weights = readFileSync(join(nano, 'model.safetensors'))
    const start = 8 + Number(weights.readBigUInt64LE(0))
    const header = JSON.parse(weights.subarray(8, start).toString()) as Record<
      string,
      { data_offsets: [number, number] }
    >
    weights.writeUInt16LE(0x7e00, start + header['model.layers.1.mlp.up_proj.weight']!.data_offsets[0])
    const { code, stdout, stderr } = await never(nanoWith(folder, { 'model.safetensors': weights }), '--method', 'rtn')
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^bitloom: tensor model\.layers\.1\.mlp\.up_proj\.weight: .*got NaN at element 0 — /m)
    expect(existsSync(path('never.safetensors'))).toBe(false)
  })

  it('names a text shorter than a window, and a window longer than the context', async () => {
    const short = path('short.txt')
    writeFileSync(short, readFileSync(calibration, 'utf8').slice(0, 1000))
    const { code, stderr } = await never(nano, '--calibration', short, '--seq-len', 1024)
    expect(code).toBe(1)
    expect(stderr).toMatch(
      /^bitloom: calibration text: expected at least one window of 1024 tokens, got \d+ tokens — /m,
    )
    const beyond = await never(nano, '--calibration', calibration, '--seq-len', 8192)
    expect(beyond.code).toBe(1)
    expect(beyond.stderr).toMatch(/^bitloom: calibration: expected windows of at most 1024 tokens, .*got 8192 — /m)
  })

  it('stops on Ctrl+C with 130, and keeps finished blocks alone', async () => {
    const before = readdirSync(folder)
    const out = path('stopped.safetensors')
    const { child, ended } = start(['quantize', nano, '--calibration', calibration, '--seq-len', 64, '--out', out])
    let told = ''
    const atWork = new Promise<string>((ready) => {
      child.stderr!.on('data', (text: string) => /q_proj/.test((told += text)) && ready('at work'))
    })
    expect(await Promise.race([atWork, ended])).toBe('at work')
    child.kill('SIGINT')
    const { code, stdout, stderr } = await ended
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' })
    expect(stderr).toMatch(
      /bitloom: stopped; (nothing was written|\d blocks? (is|are) kept in '.*' — run .* to go on)\n$/,
    )
    expect(readdirSync(folder).filter((name) => name !== 'stopped.safetensors.run')).toEqual(before)
  })
})

describe('the program itself', () => {
  it('ends with 2 where it was not understood, with 1 where no GPU is found', async () => {
    const wrong = await bitloom('quantize', nano)
    expect(wrong).toMatchObject({ code: 2, stdout: '' })
    expect(wrong.stderr).toMatch(/^bitloom: quantize: --out: .*\n\nbitloom quantize PATH /)
    const addon = await start(['inspect', nano], { BITLOOM_DAWN: path('none.node') }).ended
    expect(addon).toMatchObject({ code: 1, stdout: '' })
    expect(addon.stderr).toMatch(/^bitloom: BITLOOM_DAWN: expected Dawn's addon .* — .*\n$/)
    // Vulkan's switch for its drivers: elsewhere there is no such thing
    if (process.platform !== 'linux') return
    const driver = await start(['inspect', nano], { VK_DRIVER_FILES: '/dev/null', VK_ICD_FILENAMES: '/dev/null' }).ended
    expect(driver).toMatchObject({ code: 1, stdout: '' })
    expect(driver.stderr).toMatch(/^bitloom: Dawn: expected a GPU adapter, got none — install .*\n$/m)
  })
})
