import { expect, test } from './fixtures'
import { modelFiles, Studio } from './studio'

const PNG = Buffer.from('89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de', 'hex')

let studio: Studio

test.beforeEach(async ({ page }) => {
  studio = new Studio(page)
  await studio.open()
  await studio.openBundled('Wren Nano')
})

// Whatever was done wrong: what was open stays open.
test.afterEach(async () => {
  await expect(studio.step('inspect').getByText('LlamaForCausalLM')).toBeVisible()
  await expect(studio.step('run').getByRole('button', { name: 'Quantize', exact: true })).toBeEnabled()
})

const failure = (step: string) => studio.step(step).locator('.failure')

test('a lone weight file says what is missing and takes the rest', async () => {
  await studio.drop(modelFiles('model.safetensors'))
  const missing = studio.step('open').getByRole('region', { name: 'Missing files' })
  await expect(missing.locator('li')).toContainText(['config.json', 'tokenizer.json'])
  await studio.drop(modelFiles('config.json'))
  await expect(missing.locator('li')).toContainText(['tokenizer.json'])
  await studio.drop([{ name: 'cat.png', bytes: PNG }])
  await expect(failure('open')).toBeVisible()
  await studio.drop(modelFiles('tokenizer.json', 'tokenizer_config.json'))
  await expect(missing).toBeHidden()
  await expect(failure('open')).toBeHidden()
})

test('an image is refused by name', async () => {
  await studio.drop([{ name: 'cat.png', bytes: PNG }])
  await expect(failure('open')).toContainText('cat.png')
  await expect(failure('open')).toHaveAttribute('data-family', 'FormatError')
})

test('a truncated file is refused', async () => {
  const files = modelFiles().map((file) =>
    file.name === 'model.safetensors' ? { ...file, bytes: file.bytes.subarray(0, file.bytes.length / 2) } : file,
  )
  await studio.drop(files)
  await expect(failure('open')).toContainText('model.safetensors')
})

test('an empty drop and a header that lies are refused', async () => {
  await studio.drop([{ name: 'model.safetensors', bytes: Buffer.alloc(0) }])
  await expect(failure('open')).toBeVisible()
  const lie = Buffer.alloc(64)
  lie.writeBigUInt64LE(2n ** 62n)
  await studio.drop([{ name: 'model.safetensors', bytes: lie }])
  await expect(failure('open')).toContainText('model.safetensors')
})

/** The test model with its safetensors header rewritten. */
const withHeader = (change: (header: Record<string, { dtype: string; shape: number[] }>) => void) =>
  modelFiles().map((file) => {
    if (file.name !== 'model.safetensors') return file
    const length = Number(file.bytes.readBigUInt64LE(0))
    const header = JSON.parse(file.bytes.toString('utf8', 8, 8 + length))
    change(header)
    const text = Buffer.from(JSON.stringify(header))
    const size = Buffer.alloc(8)
    size.writeBigUInt64LE(BigInt(text.length))
    return { ...file, bytes: Buffer.concat([size, text, file.bytes.subarray(8 + length)]) }
  })

test('weights that do not fit their config are refused by name', async () => {
  const name = 'model.layers.1.mlp.down_proj.weight'
  await studio.drop(
    withHeader((header) => {
      header[name]!.shape = [192, 64]
    }),
  )
  await expect(failure('open')).toContainText(`${name}: expected [64, 192]`)
  await studio.drop(
    withHeader((header) => {
      header[name]!.dtype = 'I16'
    }),
  )
  await expect(failure('open')).toContainText(/down_proj.*I16/)
})

test('a missing shard is asked for by name', async () => {
  const [weights, ...others] = modelFiles('model.safetensors', 'config.json', 'tokenizer.json')
  await studio.drop([{ ...weights!, name: 'model-00001-of-00002.safetensors' }, ...others])
  const missing = studio.step('open').getByRole('region', { name: 'Missing files' })
  await expect(missing.locator('li')).toHaveText(['model-00002-of-00002.safetensors'])
  await missing.getByRole('button', { name: 'Start over' }).click()
  await expect(missing).toBeHidden()
})

test('NaN weights stop the run and are named', async () => {
  const files = modelFiles().map((file) => {
    if (file.name !== 'model.safetensors') return file
    const bytes = Buffer.from(file.bytes)
    const header = Number(bytes.readBigUInt64LE(0))
    const { data_offsets } = JSON.parse(bytes.toString('utf8', 8, 8 + header))['model.layers.0.mlp.up_proj.weight']
    bytes.writeUInt16LE(0x7e00, 8 + header + data_offsets[0])
    return { ...file, bytes }
  })
  await studio.drop(files)
  await studio.setRecipe('RTN', 4)
  await studio.page.getByRole('button', { name: 'Quantize', exact: true }).click()
  await expect(failure('run')).toContainText('model.layers.0.mlp.up_proj')
  await expect(failure('run')).toHaveAttribute('data-family', 'NumericalError')
})

test('a calibration text shorter than one window is refused', async () => {
  await studio.setRecipe('GPTQ', 4)
  const text = { name: 'short.txt', mimeType: 'text/plain', buffer: Buffer.from('Call me Ishmael.') }
  await studio.step('recipe').getByLabel('Calibrate on your own text file').setInputFiles(text)
  await expect(studio.step('recipe').getByLabel('Calibration text')).toHaveValue('short.txt')
  await studio.page.getByRole('button', { name: 'Quantize', exact: true }).click()
  await expect(failure('run')).toHaveAttribute('data-family', 'FormatError')
})

test('a recipe that is none is refused', async () => {
  const file = { name: 'recipe.json', mimeType: 'application/json', buffer: Buffer.from('{"version": 9}') }
  await studio.step('recipe').getByLabel('Load recipe').setInputFiles(file)
  await expect(failure('recipe')).toContainText('recipe: version')
})

/** The test model with a chat template. */
const withTemplate = (chat_template: string) =>
  modelFiles().map((file) =>
    file.name === 'tokenizer_config.json'
      ? { ...file, bytes: Buffer.from(JSON.stringify({ ...JSON.parse(file.bytes.toString()), chat_template })) }
      : file,
  )

test('a chat template that never ends is stopped, and one that works shows what the model reads', async () => {
  const measure = studio.step('measure')
  await expect(measure.getByLabel('Chat')).toBeHidden()
  const loop = (depth: number): string => (depth ? `{% for i in range(99) %}${loop(depth - 1)}{% endfor %}` : 'x')
  await studio.drop(withTemplate(loop(9)))
  await measure.getByLabel('Chat').check()
  await measure.getByRole('button', { name: 'Ask both' }).click()
  await expect(failure('measure')).toContainText('chat template: expected')
  await expect(failure('measure')).toHaveAttribute('data-family', 'FormatError')

  const turns = '{% for m in messages %}[{{ m.role }}] {{ m.content }} {% endfor %}[answer]'
  await studio.drop(withTemplate(`{{ bos_token }}${turns}`))
  await expect(failure('measure')).toBeHidden()
  await measure.getByLabel('Chat').check()
  await measure.getByLabel('System').fill('Be brief.')
  await measure.getByLabel('Message').fill('Who is <b>Ahab</b>?')
  await measure.getByLabel('New tokens').fill('4')
  await measure.getByRole('radio', { name: 'f16' }).check()
  await measure.getByRole('button', { name: 'Ask both' }).click()
  await measure.getByText('What the models read').click({ timeout: 30_000 })
  await expect(measure.getByRole('region', { name: 'What the models read' })).toHaveText(
    '<s>[system] Be brief. [user] Who is <b>Ahab</b>? [answer]',
  )
  await expect(measure.getByLabel('Speed of the original')).toContainText(/Compiled in\d+ ms.*tokens\/s/)
})
