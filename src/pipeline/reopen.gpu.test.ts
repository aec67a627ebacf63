import { expect, it } from 'vitest'
import { testGpu } from '../../test/device'
import { openedTiny, tinyConfig, tinyText } from '../../test/tiny-checkpoint'
import { FormatError, StorageError } from '../errors'
import { memoryStore } from '../storage/memory-store'
import { quantize } from './quantize'
import { defaultRecipe } from './recipe'
import { reopen } from './reopen'
import { RunFolder } from './run-folder'

const small = { ...tinyConfig, hidden_size: 64, intermediate_size: 96, head_dim: 16 }
const { model } = openedTiny(small)
const base = defaultRecipe('gptq')
const recipe = { ...base, calibration: { ...base.calibration, samples: 6, length: 32 } }

async function finished() {
  const folder = new RunFolder(memoryStore(), 'run')
  const calibration = { name: 'letters', text: tinyText(500) }
  return { folder, result: await quantize(await testGpu(), model, { recipe, calibration, folder }) }
}

it('opens a finished run again without quantizing: the same codes, the same report', async () => {
  const { folder, result } = await finished()
  const again = await reopen(model, folder)
  const { seconds: _, peakGpuBytes: __, ...report } = result.report
  const { seconds, peakGpuBytes, ...same } = again.report
  expect(same).toEqual(report)
  expect(peakGpuBytes).toBeGreaterThan(0)
  expect(seconds.total).toBeGreaterThan(0)
  expect([...again.headers.keys()]).toEqual([...result.headers.keys()])
  for (const name of again.headers.keys()) expect(await again.linear(name)).toEqual(await result.linear(name))
})

it('refuses another model, and a run of which a block is missing', async () => {
  const { folder } = await finished()
  const other = openedTiny({ ...small, vocab_size: 32 }).model
  await expect(reopen(other, folder)).rejects.toThrow(FormatError)
  const block = (await folder.store.files('run')).find(({ name }) => name.startsWith('block-0001'))!
  await folder.store.remove('run', block.name)
  await expect(reopen(model, folder)).rejects.toThrow(/expected 3 whole blocks, got 2/)
  await expect(reopen(model, new RunFolder(memoryStore(), 'none'))).rejects.toThrow(StorageError)
})
