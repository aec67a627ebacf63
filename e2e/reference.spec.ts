import { expect, test } from './fixtures'
import { referenceFiles } from './reference'
import { Studio } from './studio'

/** Measured with NumPy in float64 on the first 60 windows of 256 tokens of the text's first 100 000 characters. */
const PERPLEXITY = 4.131783

test('a model that was not made for Bitloom goes all the way and measures as it does elsewhere', async ({ page }) => {
  const model = referenceFiles(
    'models/stories260K',
    'config.json',
    'tokenizer.json',
    'tokenizer_config.json',
    'model.safetensors',
  )
  const [stories] = referenceFiles('texts', 'tinystories_val.txt')
  const text = {
    name: 'stories.txt',
    mimeType: 'text/plain',
    buffer: Buffer.from(stories!.bytes.toString().slice(0, 100_000)),
  }
  const studio = new Studio(page)
  await studio.open()
  await studio.drop(model)
  await expect(studio.step('inspect').getByText('F32 × 47')).toBeVisible()
  await studio.step('measure').getByLabel('Measure on your own text file').setInputFiles(text)
  const original = await studio.measure(256, 60 * 256)
  expect(Math.abs(Number(original.before) / PERPLEXITY - 1)).toBeLessThan(0.001)

  await studio.setRecipe('GPTQ', 4)
  await studio.step('recipe').getByLabel('Calibrate on your own text file').setInputFiles(text)
  await studio.quantize()

  const { before, after } = await studio.measure(256, 2048)
  expect(Number(after) / Number(before)).toBeGreaterThan(0.99)
  expect(Number(after) / Number(before)).toBeLessThan(1.1)

  const packed = await studio.save('Save packed file')
  await studio.drop([packed])
  await expect(studio.step('inspect').getByText('packed Bitloom file')).toBeVisible()
  expect(await studio.measure(256, 2048)).toEqual({ before: 'none', after })
})
