import AxeBuilder from '@axe-core/playwright'
import { HOSTILE, strangeGguf } from '../test/view-files'
import { expect, test } from './fixtures'
import { modelFiles, Studio } from './studio'

const strange = () => ({ name: 'strange.gguf', bytes: Buffer.from(strangeGguf(2, 256, 512)) })

test('a GGUF file of an unknown architecture, without a GPU: its tensors, sizes, metadata and a heatmap', async ({
  page,
}) => {
  await page.addInitScript(() => Object.defineProperty(Navigator.prototype, 'gpu', { get: () => undefined }))
  await page.goto('/')
  const studio = new Studio(page)
  await expect(page.getByRole('banner')).toContainText('No GPU')
  await studio.drop([strange()])
  const inspect = studio.step('inspect')
  await expect(inspect.getByRole('status')).toContainText(
    'Can be looked at, not run, because strange.gguf: general.architecture',
  )
  await expect(inspect.getByText('15 tensors', { exact: true })).toBeVisible()

  await test.step('the table sorts and finds', async () => {
    const rows = inspect.getByRole('region', { name: 'Tensors' }).locator('tbody tr')
    await inspect.getByRole('button', { name: 'Bits a weight' }).click()
    await expect(rows.first()).toContainText(/norm.*F16.*16\.00$/)
    await inspect.getByRole('button', { name: /^Bits a weight/ }).click()
    await expect(rows.first()).toContainText(/codebook.*IQ2_XS.*2\.31$/)
    await inspect.getByLabel('Find tensors').fill('q4_k attention')
    await expect(inspect.getByText('2 of 15 tensors')).toBeVisible()
  })

  await test.step('a tensor is drawn, zoomed and read out by keyboard', async () => {
    await inspect.getByRole('button', { name: 'Look at blk.1.attn_q.weight' }).press('Enter')
    const map = inspect.getByRole('application', {
      name: /^Heatmap of blk\.1\.attn_q\.weight, 256 rows by 256 columns/,
    })
    const readout = inspect.locator('.tensor-view .readout').first()
    await expect(inspect.getByText('all 65,536 weights read')).toBeVisible()
    await inspect.getByLabel('Colour by').selectOption({ label: 'Codes' })
    await expect(inspect.getByRole('heading', { name: /^Codes/ })).toBeVisible()
    for (const rows of [128, 64, 32, 16]) {
      await map.press('+')
      await expect(inspect.getByText(`all ${(rows * rows).toLocaleString('en-US')} weights read`)).toBeVisible()
    }
    await map.press('ArrowRight')
    await expect(readout).toHaveText(/^Row 120, column 120: \d+(\.0+)?$/)
    await map.press('0')
    await expect(inspect.getByText('all 65,536 weights read')).toBeVisible()
    await inspect.getByLabel('Colour by').selectOption({ label: 'Super-block scales' })
    await expect(inspect.getByRole('heading', { name: /^Super-block scales/ })).toBeVisible()
    await expect(inspect.getByLabel('Statistics')).toContainText(/NaN0.*Infinite0/)
  })

  await test.step('a type that is not known says so', async () => {
    await inspect.getByLabel('Find tensors').fill('foreign')
    await inspect.getByRole('button', { name: 'Look at foreign.weight' }).click()
    const view = inspect.getByRole('region', { name: 'Tensor: foreign.weight' })
    await expect(view.getByRole('status')).toHaveText(
      'Weights of type 137 cannot be drawn: that type is not known here.',
    )
    await expect(inspect.getByRole('alert')).toHaveCount(0)
  })

  await test.step('a tensor with a codebook shows what it chooses', async () => {
    await inspect.getByLabel('Find tensors').fill('codebook')
    await inspect.getByRole('button', { name: 'Look at blk.0.codebook.weight' }).click()
    const view = inspect.getByRole('region', { name: 'Tensor: blk.0.codebook.weight' })
    await expect(view).toContainText('one of 512 codebook entries for 8 weights, a scale for 16 weights')
    const lanes = view.getByLabel('Colour by')
    for (const lane of ['Levels', 'Codebook entries', 'Signs', 'Scales']) {
      await lanes.selectOption({ label: lane })
      await expect(view.getByRole('heading', { name: new RegExp(`^${lane} each cell`) })).toBeVisible()
    }
    const map = view.getByRole('application', { name: /^Heatmap of blk\.0\.codebook\.weight/ })
    await lanes.selectOption({ label: 'Codebook entries' })
    for (const weights of ['4,096', '1,024']) {
      await map.press('+')
      await expect(view.getByText(`all ${weights} weights read`)).toBeVisible()
    }
    await map.press('ArrowRight')
    await expect(view.locator('.readout').first()).toHaveText(/^Row \d+, column \d+: \d+(\.0+)?$/)
  })

  await test.step('sizes, map and metadata, in which names of anybody are text', async () => {
    await expect(inspect.getByRole('table', { name: 'By type' })).toContainText(/Q8_0.*%.*8\.50 bits/)
    const map = inspect.getByRole('application', { name: /^Map of the file, 5 modules by 2 layers/ })
    await map.press('Home')
    await expect(inspect.getByText(/^blk\.0\.codebook\.weight: 2\.313 bits a weight/)).toBeVisible()
    await inspect.getByLabel(/^Find entries/).fill('general.name')
    const metadata = inspect.getByRole('region', { name: 'Metadata' })
    await expect(metadata).toContainText(HOSTILE.replace('\u202e', '\\u202e').replace('\u001b', '\\u001b'))
    await expect(page.locator('img[src="x"]')).toHaveCount(0)
  })
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([])
  await expect(studio.step('run')).toContainText('Waits for')

  await test.step('a model takes its place, and shows what its files hold', async () => {
    await page.getByRole('button', { name: 'Try Wren Nano' }).click()
    await expect(inspect.getByText('LlamaForCausalLM')).toBeVisible()
    await inspect.getByRole('button', { name: 'Look at model.embed_tokens.weight' }).click()
    await expect(inspect.getByRole('application', { name: /^Heatmap of model\.embed_tokens\.weight/ })).toBeVisible()
    await inspect.getByText('Share of the size').click()
    await expect(inspect.getByRole('table', { name: 'By kind' })).toContainText('embedding')
  })
})

test('a lone weight file is looked at when asked to, an adapter and an unknown model at once', async ({ page }) => {
  const studio = new Studio(page)
  await studio.open()
  const inspect = studio.step('inspect')
  await studio.drop(modelFiles('model.safetensors'))
  await page.getByRole('button', { name: 'Look at what is here' }).click()
  await expect(inspect.getByRole('status')).toHaveText(
    'Can be looked at, not run, because config.json and tokenizer.json are missing.',
  )
  await expect(studio.step('open').getByRole('region', { name: 'Missing files' })).toBeHidden()
  await inspect.getByRole('button', { name: 'Look at model.layers.0.mlp.down_proj.weight' }).click()
  await expect(inspect.getByText('all 12,288 weights read')).toBeVisible()

  const [weights] = modelFiles('model.safetensors')
  const adapter = { name: 'adapter_config.json', bytes: Buffer.from('{"peft_type": "LORA", "r": 8}') }
  await studio.drop([{ ...weights!, name: 'adapter_model.safetensors' }, adapter])
  await expect(inspect.getByRole('status')).toContainText('an adapter holds changes to another model')
  await expect(inspect.getByText('LORA adapter', { exact: true })).toBeVisible()

  const config = { name: 'config.json', bytes: Buffer.from('{"architectures": ["SiglipVisionModel"]}') }
  await studio.drop([weights!, config])
  await expect(inspect.getByRole('status')).toContainText('SiglipVisionModel')
})
