import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { diskStore } from '../../cli/disk-store'
import { smallGpu } from '../../test/device'
import { openedTiny, tinyConfig, tinyText } from '../../test/tiny-checkpoint'
import { quantizeWhole } from '../../test/whole'
import { arraysOf } from '../formats/linear-check'
import type { QuantizedLinear } from '../formats/quantized'
import type { Room, StatesPlace } from '../inspection-records'
import type { Recipe } from '../records'
import { fileScratch, memoryScratch } from '../storage/scratch'
import { forecastOf } from './inspect'
import { quantize } from './quantize'
import { defaultRecipe } from './recipe'

const { model } = openedTiny({ ...tinyConfig, num_hidden_layers: 2 })
const LENGTH = 48
/** So little that windows go through a block two at a time. */
const BINDING = 4 * 4 * 172 * LENGTH * 2

const recipeOf = (method: string, options: Record<string, unknown>): Recipe => ({
  ...defaultRecipe(method),
  options: { ...defaultRecipe(method).options, ...options },
  calibration: { text: 'letters', samples: 5, length: LENGTH, pick: 'first' },
})

/** Nothing fits on the GPU; the host takes it where it may. */
const roomFor = (states: StatesPlace): Room => ({
  gpu: { bytes: states === 'gpu' ? 2 ** 40 : 1, firm: false },
  host: { bytes: states === 'disk' ? 1 : 2 ** 40, firm: false },
  disk: null,
})

const bytesOf = (linears: ReadonlyMap<string, QuantizedLinear>) =>
  [...linears].map(([name, linear]) => [name, Object.values(arraysOf(linear)).map((part) => part && [...part.slice()])])

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bitloom-spill-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe('hidden states kept elsewhere', () => {
  it.each([
    ['gptq', { sequence: 'true', groupSize: 32 }],
    ['awq', { groupSize: 32 }],
    ['omniquant', { epochs: 1, groupSize: 32 }],
    ['tesseraq', { rounds: 10, iterations: 1, batch: 4, groupSize: 32 }],
    ['mg-ptq', { steps: 2 }],
    ['sage-plus', { groups: 2, salientBits: 2 }],
  ] as const)('change nothing of what %s stores', async (method, options) => {
    const gpu = await smallGpu(BINDING)
    const recipe = recipeOf(method, options)
    const calibration = { name: 'letters', text: tinyText(300) }
    const live = gpu.pool.liveBytes
    const results = new Map<StatesPlace, unknown>()
    for (const states of ['gpu', ...(method === 'gptq' ? (['host'] as const) : []), 'disk'] as const) {
      const [room, scratch] = [roomFor(states), fileScratch(diskStore(folder), 'states')]
      const forecast = forecastOf(model, recipe, gpu.info, room)
      expect(forecast.states).toBe(states)
      const { linears, changed, report } = await quantizeWhole(gpu, model, { recipe, calibration, room, scratch })
      results.set(states, [bytesOf(linears), [...changed], report.modules.map(({ error }) => error)])
      expect(gpu.pool.liveBytes).toBe(live)
      expect(await readdir(folder)).toEqual([])
      expect(report.peakGpuBytes / forecast.peak, `peak with states on ${states}`).toBeLessThan(1.05)
      expect(report.peakGpuBytes / forecast.peak, `peak with states on ${states}`).toBeGreaterThan(0.9)
    }
    for (const result of results.values()) expect(result).toEqual(results.get('gpu'))
  })

  it('are given back when a run is stopped, and a full disk is told as such', async () => {
    const gpu = await smallGpu(BINDING)
    const live = gpu.pool.liveBytes
    const request = { recipe: recipeOf('gptq', {}), calibration: { name: 'letters', text: tinyText(300) } }
    const stop = new AbortController()
    const scratch = fileScratch(diskStore(folder), 'states')
    const onProgress = ({ type }: { type: string }) => type === 'module' && stop.abort()
    const stopped = quantize(gpu, model, {
      ...request,
      room: roomFor('disk'),
      scratch,
      signal: stop.signal,
      onProgress,
    })
    await expect(stopped).rejects.toThrow('stopped by request')
    expect(await readdir(folder)).toEqual([])
    const full = { ...memoryScratch(), write: () => Promise.reject(new Error('disk full')) }
    await expect(quantize(gpu, model, { ...request, room: roomFor('disk'), scratch: full })).rejects.toThrow(
      'disk full',
    )
    expect(gpu.pool.liveBytes).toBe(live)
  })
})
