import { expect, it } from 'vitest'
import { testGpu } from '../../test/device'
import { openedTiny, tinyConfig, tinyText } from '../../test/tiny-checkpoint'
import { quantizeWhole, type WholeModel } from '../../test/whole'
import type { QuantizedLinear } from '../formats/quantized'
import type { CalibrationStream, Recipe } from '../records'
import { memoryStore } from '../storage/memory-store'
import type { FileStore } from '../storage/store'
import { blocksOf, joinParts, type Manifest, planParts } from './parts'
import { quantize } from './quantize'
import { defaultRecipe } from './recipe'
import { RunFolder } from './run-folder'

const { model } = openedTiny({ ...tinyConfig, hidden_size: 64, intermediate_size: 96, head_dim: 16 })
const text = { name: 'letters', text: tinyText(500) }
const paths = { model: 'm', calibration: 't' }
const commandOf = (part: number) => `make ${part}`

function recipeOf(
  method: string,
  options: Record<string, unknown> = {},
  stream: CalibrationStream = 'original',
): Recipe {
  const base = defaultRecipe(method)
  const calibration = { ...base.calibration, samples: 6, length: 32, stream }
  return { ...base, calibration, options: { ...base.options, ...options } }
}

const folderOf = (store: FileStore, part: number) => new RunFolder(store, `part-${part}`)
const foldersOf = (store: FileStore, { parts }: Manifest) =>
  Array.from({ length: parts }, (_, i) => folderOf(store, i + 1))

async function make(manifest: Manifest, store: FileStore, part: number, folder = folderOf(store, part)): Promise<void> {
  const request = { recipe: manifest.recipe, calibration: text, range: blocksOf(manifest, part), folder }
  await quantize(await testGpu(), model, request)
}

async function planned(recipe: Recipe, parts: number): Promise<{ manifest: Manifest; store: FileStore }> {
  const manifest = await planParts(model, recipe, text, { parts, paths })
  const store = memoryStore()
  // in any order, each from the beginning
  for (let part = parts; part >= 1; part--) await make(manifest, store, part)
  return { manifest, store }
}

/** All of a result but what time and memory it took. */
const lasting = ({ linears, changed, scalings, report }: WholeModel) => {
  const { seconds: _, peakGpuBytes: __, modules, ...rest } = report
  return { linears, changed, scalings, ...rest, modules: modules.map((module) => ({ ...module, seconds: 0 })) }
}

async function joined(manifest: Manifest, store: FileStore): Promise<WholeModel> {
  const result = await joinParts(model, manifest, foldersOf(store, manifest), { commandOf })
  const linears = new Map<string, QuantizedLinear>()
  for (const name of result.headers.keys()) linears.set(name, await result.linear(name))
  return { ...result, linears }
}

it.each([
  recipeOf('rtn', { groupSize: 32 }, 'sequential'),
  recipeOf('gptq', { sequence: 'true' }),
  recipeOf('mg-ptq', { allocator: 'greedy', budget: 'model', correction: 0.5, bits: 3 }),
  recipeOf('awq'),
  recipeOf('tesseraq', { init: 'none', rounds: 20, iterations: 1 }),
])(
  '$method in one part, two or three comes to the same as in one run',
  async (recipe) => {
    const whole = lasting(await quantizeWhole(await testGpu(), model, { recipe, calibration: text }))
    for (const parts of [1, 2, 3]) {
      const { manifest, store } = await planned(recipe, parts)
      expect(lasting(await joined(manifest, store)), `${parts} parts`).toEqual(whole)
    }
  },
  60_000,
)

it('calibrates on another stream than a sequential run, in all blocks but the first', async () => {
  const run = async (stream: CalibrationStream) =>
    quantizeWhole(await testGpu(), model, { recipe: recipeOf('gptq', {}, stream), calibration: text })
  const [apart, sequential] = [await run('original'), await run('sequential')]
  const hessians = ({ report }: WholeModel, layer: number) =>
    report.modules.filter((module) => module.layer === layer).map(({ columns }) => columns.hessian)
  expect(hessians(apart, 0)).toEqual(hessians(sequential, 0))
  expect(hessians(apart, 2)).not.toEqual(hessians(sequential, 2))
})

it('takes blocks apart only where none needs the codes of another', async () => {
  const sequential = recipeOf('gptq', {}, 'sequential')
  await expect(planParts(model, sequential, text, { parts: 2, paths })).rejects.toThrow(/'original'.* got 'sequential'/)
  await expect(planParts(model, recipeOf('gptq'), text, { parts: 4, paths })).rejects.toThrow(
    /at most 3, one a block, got 4/,
  )
  const range = { first: 1, end: 2 }
  const run = quantize(await testGpu(), model, { recipe: sequential, calibration: text, range })
  await expect(run).rejects.toThrow(/blocks 2 to 2: expected the calibration stream 'original'/)
})

it('deals the blocks out evenly, each once', () => {
  const ranges = (layers: number, parts: number) =>
    Array.from({ length: parts }, (_, i) => blocksOf({ layers, parts }, i + 1)).map(({ first, end }) => [first, end])
  expect(ranges(7, 3)).toEqual([
    [0, 2],
    [2, 4],
    [4, 7],
  ])
  expect(ranges(2, 2)).toEqual([
    [0, 1],
    [1, 2],
  ])
})

it('names what is lost, damaged, repeated or of another run, and the command that makes it', async () => {
  const { manifest, store } = await planned(recipeOf('gptq'), 3)
  const join = (mixed = false) => joinParts(model, manifest, foldersOf(store, manifest), { commandOf, mixed })
  await join()

  await store.remove('part-2')
  await expect(join()).rejects.toThrow("part 2 of 3: expected its blocks in 'part-2', got none — run: make 2")

  // somebody copied another part into its place
  await make(manifest, store, 1, folderOf(store, 2))
  await expect(join()).rejects.toThrow('part 2 of 3: expected blocks 2 to 2, got no block 2 — run: make 2')
  await make(manifest, store, 2)
  await expect(join()).rejects.toThrow(
    /part 2 of 3: .* got block 1 too, which belongs to another part — remove 'part-2'/,
  )
  await store.remove('part-2')
  await make(manifest, store, 2)
  await join()

  const block = (await store.files('part-3')).find(({ name }) => name.startsWith('block-'))!
  const file = await store.append('part-3', block.name)
  await file.write(Uint8Array.of(0))
  await file.close()
  await expect(join()).rejects.toThrow(/part 3 of 3: expected whole files, got block-0002.* — run: make 3/)
  await make(manifest, store, 3)
  await join()

  await store.remove('part-1')
  const other = { ...manifest, recipe: { ...manifest.recipe, seed: 9 } }
  await make(other, store, 1)
  await expect(join()).rejects.toThrow(
    'part 1 of 3: expected the work that was planned, got another recipe — run: make 1',
  )

  await store.remove('part-1')
  await make(manifest, store, 1)
  const description = new TextDecoder().decode(
    await (await store.source('part-1', 'run.json'))!.read(0, (await store.source('part-1', 'run.json'))!.size),
  )
  const elsewhere = JSON.parse(description)
  elsewhere.fingerprint.device = JSON.stringify({ name: 'another GPU', software: false })
  const rewritten = await store.append('part-1', 'run.json')
  await rewritten.empty()
  await rewritten.write(new TextEncoder().encode(JSON.stringify(elsewhere)))
  await rewritten.close()
  await expect(join()).rejects.toThrow(/part 2 of 3: expected the GPU of part 1, another GPU .* join with --mixed/)
  expect((await join(true)).report.device.name).toBe('another GPU')
}, 60_000)

it('refuses parts that went by different plans of the method', async () => {
  const recipe = recipeOf('mg-ptq', { allocator: 'greedy', budget: 'model', correction: 0.5, bits: 3 })
  const { manifest, store } = await planned(recipe, 2)
  await folderOf(store, 2).keepPlan(new Map([['another', 1]]))
  const join = joinParts(model, manifest, foldersOf(store, manifest), { commandOf })
  await expect(join).rejects.toThrow("part 2 of 2: expected the method's plan of part 1, got another — run: make 2")
}, 60_000)
