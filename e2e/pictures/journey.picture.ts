import { expect, test } from '../fixtures'
import { type DroppedFile, Studio } from '../studio'
import { Camera } from './camera'

test('the steps of the path, the benchmark', async ({ page }) => {
  const studio = new Studio(page)
  const camera = new Camera(studio)
  const [inspect, measure] = [studio.step('inspect'), studio.step('measure')]
  await studio.open()
  await camera.window('open', page.locator('body'), ['', '-dark', '-narrow'])
  await studio.openBundled('Wren Nano')
  await expect(inspect.getByText(/^\d+ tensors$/)).toBeVisible()
  await camera.step('inspect', 'inspect')

  await studio.setRecipe('RTN', 4)
  await studio.quantize()
  await studio.measure()
  await studio.setRecipe('GPTQ', 4)
  await camera.step('recipe', 'recipe')
  await studio.quantize()
  await studio.measure()
  await measure.getByLabel('New tokens').fill('12')
  await measure.getByRole('button', { name: 'Continue both' }).click()
  await expect(measure.locator('[data-side=quantized]')).toContainText(/sea for .+/)
  await expect(measure.getByRole('button', { name: 'Cancel' })).toBeHidden()
  await camera.step('run', 'run')
  await camera.step('look', 'look')
  await camera.step('measure', 'measure')
  await camera.step('take', 'take')
  await camera.window('studio', studio.step('run'), ['', '-dark'])

  await page.getByRole('banner').getByRole('link', { name: /^Runs/ }).click()
  await page.getByRole('checkbox', { name: 'Mark run 1' }).check()
  await page.getByRole('checkbox', { name: 'Mark run 2' }).check()
  await expect(page.getByRole('application', { name: /^Perplexity over stored bits/ })).toBeVisible()
  await camera.window('runs', page.getByRole('main').last(), ['', '-dark'])

  await page.getByRole('link', { name: /^Benchmark/ }).click()
  const benchmark = page.getByRole('main').last()
  await expect(benchmark.getByRole('button').first()).toBeVisible()
  await camera.window('benchmark', benchmark)
})

/** The same file of an architecture with another name, as long: nobody knows it, and its weights are real. */
const renamed = ({ name, bytes }: DroppedFile): DroppedFile => {
  const at = bytes.indexOf('llama', bytes.indexOf('general.architecture'))
  return { name, bytes: Buffer.concat([bytes.subarray(0, at), Buffer.from('loomi'), bytes.subarray(at + 5)]) }
}

test('a file that is only looked at', async ({ page }) => {
  const studio = new Studio(page)
  const camera = new Camera(studio)
  const [inspect, recipe] = [studio.step('inspect'), studio.step('recipe')]
  await studio.open()
  await studio.openBundled('Wren Nano')
  await studio.setRecipe('RTN', 4)
  await recipe.getByRole('region', { name: 'Method options' }).getByLabel('Grid').selectOption({ label: 'Q4_0' })
  await studio.quantize()
  const gguf = await studio.save('Save GGUF file')
  await studio.drop([renamed(gguf)])
  await expect(inspect.getByText('Can be looked at, not run')).toBeVisible()
  await inspect.getByRole('button', { name: 'Look at blk.0.attn_q.weight' }).click()
  const tensor = inspect.getByRole('region', { name: /^Tensor: / })
  await expect(tensor.getByText(/weights read/)).toBeVisible()
  await camera.step('view', 'inspect')
  await tensor.getByLabel('Colour by').selectOption({ label: 'Scales' })
  await expect(tensor.getByRole('heading', { name: /^Scales/ })).toBeVisible()
  await camera.part('tensor-scales', tensor, [''])
})
