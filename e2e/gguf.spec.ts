import { resolve } from 'node:path'
import AxeBuilder from '@axe-core/playwright'
import { folderSources } from '../src/formats/node-files'
import { openModel } from '../src/formats/open'
import { ggufFile, u32, type Written } from '../test/gguf'
import { packQ8 } from '../test/gguf-blocks'
import { ggufOf } from '../test/gguf-model'
import { expect, test } from './fixtures'
import { modelFiles, Studio } from './studio'

const nano = async (): Promise<Written> =>
  ggufOf(await openModel(await folderSources(resolve(import.meta.dirname, '../public/models/wren-nano'))))

const file = (name: string, written: Written) => ({ name, bytes: Buffer.from(ggufFile(written)) })

test('a GGUF file opens and measures as the checkpoint that it was made of', async ({ page }) => {
  const studio = new Studio(page)
  await studio.open()
  await studio.drop(modelFiles())
  await expect(studio.step('inspect').getByText('HF checkpoint')).toBeVisible()
  const { before } = await studio.measure()

  await studio.drop([file('nano-f16.gguf', await nano())])
  await expect(studio.step('inspect').getByText('GGUF file')).toBeVisible()
  await expect(studio.step('open').getByText('nano-f16')).toBeVisible()
  await expect(studio.step('inspect').getByText('F16 × 38')).toBeVisible()
  await expect(studio.step('inspect').getByRole('region', { name: 'Warnings of the model' })).toBeHidden()
  expect((await studio.measure()).before).toBe(before)
})

test('a quantized one in parts opens when all are there, says what it is, and is quantized again', async ({ page }) => {
  const { metadata, tensors } = await nano()
  const part = (i: number) =>
    file(`nano-0000${i + 1}-of-00002.gguf`, {
      metadata: [...(i === 0 ? metadata : []), ['split.no', u32(i)], ['split.count', u32(2)]],
      tensors: tensors.filter((_, at) => at % 2 === i).map(packQ8),
    })
  const studio = new Studio(page)
  await studio.open()
  await studio.drop([part(1)])
  const missing = studio.step('open').getByRole('region', { name: 'Missing files' })
  await expect(missing.locator('li')).toContainText(['nano-00001-of-00002.gguf'])
  await studio.drop([part(0)])
  const inspect = studio.step('inspect')
  await expect(inspect.getByText('Q8_0 × 29, F16 × 9')).toBeVisible()
  await expect(inspect.getByRole('region', { name: 'Warnings of the model' })).toContainText('quantized before')
  const { violations } = await new AxeBuilder({ page }).analyze()
  expect(violations).toEqual([])

  await studio.setRecipe('RTN', 4)
  await studio.quantize()
  await expect(studio.step('run').getByText('quantized before')).toBeVisible()
  const { before, after } = await studio.measure()
  expect(Number(after) / Number(before)).toBeGreaterThan(1)
  expect(Number(after) / Number(before)).toBeLessThan(1.3)
  const packed = await studio.save('Save packed file')
  await studio.drop([packed])
  await expect(inspect.getByText('packed Bitloom file')).toBeVisible()
  expect(await studio.measure()).toEqual({ before: 'none', after })
})

test('a damaged one is refused by name', async ({ page }) => {
  const studio = new Studio(page)
  await studio.open()
  const { name, bytes } = file('nano.gguf', await nano())
  await studio.drop([{ name, bytes: bytes.subarray(0, bytes.length / 2) }])
  const failure = studio.step('open').locator('.failure')
  await expect(failure).toContainText('nano.gguf: expected')
  await expect(failure).toHaveAttribute('data-family', 'FormatError')
})
