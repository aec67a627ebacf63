import { expect, it } from 'vitest'
import { freshGpu, testGpu } from '../../test/device'
import { openedTiny, tinyConfig, tinyText } from '../../test/tiny-checkpoint'
import { quantizeWhole, type WholeModel } from '../../test/whole'
import { CancelledError, DeviceLostError, FormatError, StorageError } from '../errors'
import type { Gpu } from '../gpu/device'
import type { Progress, Recipe } from '../records'
import { memoryStore } from '../storage/memory-store'
import type { FileStore } from '../storage/store'
import type { OpenedModel } from './opened'
import { defaultRecipe } from './recipe'
import { RunFolder } from './run-folder'

const { model } = openedTiny({ ...tinyConfig, hidden_size: 64, intermediate_size: 96, head_dim: 16 })
const LAYERS = 3
const text = { name: 'letters', text: tinyText(500) }

function recipeOf(method: string, options: Record<string, unknown> = {}): Recipe {
  const base = defaultRecipe(method)
  const calibration = { ...base.calibration, samples: 6, length: 32 }
  return { ...base, calibration, options: { ...base.options, ...options } }
}

interface Changes {
  readonly recipe: Recipe
  readonly store: FileStore
  readonly gpu?: Gpu
  readonly model?: OpenedModel
  readonly signal?: AbortSignal
  readonly text?: string
  readonly onProgress?: (progress: Progress) => void
}

const run = async ({ store, gpu, model: other, text: words = text.text, ...rest }: Changes) =>
  quantizeWhole(gpu ?? (await testGpu()), other ?? model, {
    ...{ calibration: { ...text, text: words }, folder: new RunFolder(store, 'run') },
    ...rest,
  })

/** Stops it when block `layer` is told; its folder stays. */
async function brokenOff(recipe: Recipe, layer: number, store: FileStore): Promise<void> {
  const stop = new AbortController()
  const onProgress = (progress: Progress) => {
    if (progress.type === 'block' && progress.layer === layer) stop.abort()
  }
  await expect(run({ recipe, store, signal: stop.signal, onProgress })).rejects.toThrow(CancelledError)
}

/** All of a result but what time and memory it took. */
const lasting = ({ linears, changed, scalings, report }: WholeModel) => {
  const { seconds: _, peakGpuBytes: __, resumed: ___, modules, ...rest } = report
  return { linears, changed, scalings, ...rest, modules: modules.map((module) => ({ ...module, seconds: 0 })) }
}

const blockFiles = async (store: FileStore) =>
  (await store.files('run')).map(({ name }) => name).filter((name) => name.startsWith('block-'))

it.each([
  recipeOf('rtn', { groupSize: 32 }),
  recipeOf('gptq', { sequence: 'true' }),
  recipeOf('gptq', { sequence: 'layer', groupSize: 32 }),
  recipeOf('mg-ptq', { allocator: 'greedy', budget: 'model', correction: 0.5, bits: 3 }),
  recipeOf('awq'),
  recipeOf('omniquant', { epochs: 2 }),
  recipeOf('tesseraq', { init: 'none', rounds: 20, iterations: 1 }),
  recipeOf('pb-llm'),
])(
  '$method goes on where it was broken off, and comes to the same',
  async (recipe) => {
    const undisturbed = await run({ recipe, store: memoryStore() })
    expect(undisturbed.report.resumed).toBeUndefined()
    const store = memoryStore()
    await brokenOff(recipe, 0, store)
    expect(await blockFiles(store)).toHaveLength(1)
    await brokenOff(recipe, 1, store)
    expect(await blockFiles(store)).toHaveLength(2)
    const progress: Progress[] = []
    const resumed = await run({ recipe, store, onProgress: (p) => progress.push(p) })
    expect(lasting(resumed)).toEqual(lasting(undisturbed))
    expect(resumed.report.resumed).toBe(2)
    expect(progress).toContainEqual({ type: 'resumed', blocks: 2, layers: LAYERS })
    // a whole one is only read
    const opened = await run({ recipe, store })
    expect(lasting(opened)).toEqual(lasting(undisturbed))
    expect(opened.report.resumed).toBe(2)
    // what the method found out about the whole model is kept as well
    expect(progress.filter((p) => p.type === 'phase' && p.phase === 'plan')).toEqual([])
    const names = progress.flatMap((p) => (p.type === 'module' ? p.module.name : []))
    expect(names).toEqual(undisturbed.report.modules.map(({ name }) => name))
  },
  60_000,
)

it('makes a block again that is missing or damaged, and nothing more', async () => {
  const recipe = recipeOf('gptq')
  const store = memoryStore()
  const whole = await run({ recipe, store })
  const [first, second, third] = (await blockFiles(store)).sort()
  await store.remove('run', first)
  const file = await store.append('run', second!)
  await file.write(Uint8Array.of(0))
  await file.close()
  const progress: Progress[] = []
  const again = await run({ recipe, store, onProgress: (p) => progress.push(p) })
  expect(lasting(again)).toEqual(lasting(whole))
  expect(progress).toContainEqual({
    type: 'warning',
    text: expect.stringMatching(/block-0001.*damaged, and made again/),
  })
  const made = progress.flatMap((p) => (p.type === 'phase' && p.phase === 'calibrate' ? p.done : []))
  expect([...new Set(made)]).toEqual([0, 1])
  expect((await blockFiles(store)).sort()).toContain(third)
})

it('has nothing left to do where all blocks are kept', async () => {
  const recipe = recipeOf('gptq')
  const store = memoryStore()
  const whole = await run({ recipe, store })
  const progress: Progress[] = []
  const again = await run({ recipe, store, onProgress: (p) => progress.push(p) })
  expect(lasting(again)).toEqual(lasting(whole))
  // nothing is quantized again, and its time is told nevertheless
  expect(again.report.seconds.quantize).toBeGreaterThan(0)
  expect(progress.some((p) => p.type === 'phase' && p.phase === 'embed')).toBe(false)
})

it('refuses to go on with something else', async () => {
  const store = memoryStore()
  const recipe = recipeOf('gptq')
  await brokenOff(recipe, 0, store)
  await expect(run({ recipe: { ...recipe, seed: 9 }, store })).rejects.toThrow(/got another recipe — start over/)
  await expect(run({ recipe, store, text: tinyText(500, 2) })).rejects.toThrow(StorageError)
  await expect(run({ recipe, store, text: tinyText(500, 2) })).rejects.toThrow(/another calibration text/)
  expect(await blockFiles(store)).toHaveLength(1)
})

it('says how much room is missing, keeps what it has and goes on when there is room', async () => {
  const recipe = recipeOf('gptq')
  const whole = await run({ recipe, store: memoryStore() })
  const sizes = memoryStore()
  await brokenOff(recipe, 0, sizes)
  const one = (await sizes.files('run')).reduce((sum, { size }) => sum + size, 0)
  let capacity = Math.round(1.5 * one)
  const store = memoryStore(() => capacity)
  await expect(run({ recipe, store })).rejects.toThrow(/room for block 2, \d+ bytes, got \d+ — free \d+ bytes/)
  expect(await blockFiles(store)).toHaveLength(1)
  capacity = 10 * one
  expect(lasting(await run({ recipe, store }))).toEqual(lasting(whole))
})

it('leaves a folder alone that is not its own', async () => {
  const store = memoryStore()
  const file = await store.append('run', 'thesis.txt')
  await file.write(Uint8Array.of(1))
  await expect(run({ recipe: recipeOf('rtn', { groupSize: 32 }), store })).rejects.toThrow(/one with 'thesis.txt'/)
  await new RunFolder(store, 'run').remove()
  expect(await store.files('run')).toHaveLength(1)
})

it.each([
  ['calibrating block 2', (p: Progress) => p.type === 'phase' && p.phase === 'calibrate' && p.done === 1],
  ['factorizing for block 2', (p: Progress) => p.type === 'module' && p.module.layer === 1 && p.module.role === 'q'],
  ['passing block 2', (p: Progress) => p.type === 'phase' && p.phase === 'propagate' && p.done === 1],
  ['keeping block 2', (p: Progress) => p.type === 'block' && p.layer === 1],
] as const)('goes on after a GPU that was lost while %s', async (_, now) => {
  const recipe = recipeOf('gptq', { sequence: 'true' })
  const whole = await run({ recipe, store: memoryStore() })
  const store = memoryStore()
  const gpu = await freshGpu()
  const onProgress = (progress: Progress) => {
    if (now(progress)) gpu.device.destroy()
  }
  await expect(run({ recipe, store, gpu, onProgress })).rejects.toThrow(DeviceLostError)
  expect((await blockFiles(store)).length).toBeLessThan(LAYERS)
  expect(lasting(await run({ recipe, store }))).toEqual(lasting(whole))
})

it.each([
  ['omniquant', { epochs: 2 }, 'reconstruction'],
  ['tesseraq', { init: 'none', rounds: 10, iterations: 2 }, 'reconstruction'],
  ['mg-ptq', { allocator: 'gcn', budget: 'layer', steps: 20 }, 'training'],
] as const)('goes on after a GPU that was lost while %s was learning', async (method, options, type) => {
  const recipe = recipeOf(method, options)
  const whole = await run({ recipe, store: memoryStore() })
  const store = memoryStore()
  const gpu = await freshGpu()
  let kept = 0
  const onProgress = (progress: Progress) => {
    if (progress.type === 'block') kept++
    if (progress.type === type && kept > 0) gpu.device.destroy()
  }
  await expect(run({ recipe, store, gpu, onProgress })).rejects.toThrow(DeviceLostError)
  expect((await blockFiles(store)).length).toBeGreaterThan(0)
  expect(lasting(await run({ recipe, store }))).toEqual(lasting(whole))
})

it('goes on when a file that was taken away is back', async () => {
  const recipe = recipeOf('gptq')
  const whole = await run({ recipe, store: memoryStore() })
  const store = memoryStore()
  let gone = false
  const tensors = new Map(
    [...model.source.tensors].map(([name, entry]) => {
      const read: typeof entry.read = async (rows) => {
        // of the last block: it is read ahead while the one before is at work
        if (gone && name.startsWith(`model.layers.${LAYERS - 1}.`))
          throw new FormatError('model.safetensors: expected a readable file, got none — drop it again')
        return entry.read(rows)
      }
      return [name, { ...entry, read }]
    }),
  )
  const leaving = { ...model, source: { ...model.source, tensors } }
  const onProgress = (progress: Progress) => {
    if (progress.type === 'phase' && progress.phase === 'embed') gone = true
  }
  await expect(run({ recipe, store, model: leaving, onProgress })).rejects.toThrow(
    /model\.safetensors: expected a readable/,
  )
  expect(await blockFiles(store)).toHaveLength(LAYERS - 1)
  expect(lasting(await run({ recipe, store }))).toEqual(lasting(whole))
})

it('keeps a block as soon as it is done, while the next is still being read', async () => {
  const recipe = recipeOf('gptq')
  const store = memoryStore()
  let begun = false
  const kept = async (blocks: number) => {
    while ((await blockFiles(store)).length < blocks) await new Promise((again) => setTimeout(again, 1))
  }
  const tensors = new Map(
    [...model.source.tensors].map(([name, entry]) => {
      const [, layer = '0'] = /^model\.layers\.(\d+)\./.exec(name) ?? []
      const read: typeof entry.read = async (rows) => {
        if (begun) await kept(Number(layer))
        return entry.read(rows)
      }
      return [name, { ...entry, read }]
    }),
  )
  const onProgress = (progress: Progress) => {
    if (progress.type === 'phase' && progress.phase === 'embed') begun = true
  }
  await run({ recipe, store, model: { ...model, source: { ...model.source, tensors } }, onProgress })
  expect(await blockFiles(store)).toHaveLength(LAYERS)
}, 20_000)

it('refuses a kept block that is not of this model', async () => {
  const recipe = recipeOf('rtn', { groupSize: 32 })
  const store = memoryStore()
  await run({ recipe, store })
  const folder = new RunFolder(store, 'run')
  const { blocks } = await folder.open((await folder.description())!.fingerprint)
  await folder.keep({ ...blocks.get(0)!, layer: 1 })
  await expect(run({ recipe, store })).rejects.toThrow(
    /kept block 2: expected model\.layers\.1\..* got none — start over/,
  )
})
