import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import AxeBuilder from '@axe-core/playwright'
import type { Locator } from '@playwright/test'
import { DOWN, packedMatrix } from '../test/packed-matrix'
import { expect, test } from './fixtures'
import { Studio } from './studio'

/** Colour of 8 bits, the end of viridis. */
const EIGHT = [253, 231, 37]

/** How many pixels of a canvas have a colour, from a row of it on down. */
const pixels = (canvas: Locator, colour: readonly number[], from = 0, to = 1) =>
  canvas.evaluate(
    (element: HTMLCanvasElement, [[r, g, b], top, bottom]) => {
      const first = Math.round(element.height * top)
      const { data } = element
        .getContext('2d')!
        .getImageData(0, first, element.width, Math.round(element.height * bottom) - first)
      let count = 0
      for (let i = 0; i < data.length; i += 4) if (data[i] === r && data[i + 1] === g && data[i + 2] === b) count++
      return count
    },
    [colour, from, to] as const,
  )

test('a lone column of 8 bits among 28672 of 2 is seen from the whole matrix down to its single weights', async ({
  page,
}) => {
  const folder = mkdtempSync(join(tmpdir(), 'bitloom-matrix-'))
  try {
    const file = join(folder, 'wide.bitloom.safetensors')
    const LONE = 20_001
    const matrix = {
      rows: 64,
      columns: 28_672,
      groupSize: 128,
      widthOf: (column: number) => (column === LONE ? 8 : 2),
    } as const
    const chunks: Uint8Array[] = []
    for await (const chunk of packedMatrix(matrix)) chunks.push(chunk)
    writeFileSync(file, Buffer.concat(chunks))

    const studio = new Studio(page)
    await studio.open()
    await studio.step('open').locator('input[type=file]').first().setInputFiles(file)
    const look = studio.step('look')
    await look.getByRole('application', { name: /^Model map/ }).focus()
    for (const key of ['Home', ...new Array(6).fill('ArrowDown'), 'Enter']) await page.keyboard.press(key)
    const map = look.getByRole('application', {
      name: new RegExp(`^Matrix map of ${DOWN.replaceAll('.', '\\.')}, 28672`),
    })
    await look.getByRole('checkbox', { name: 'bits', exact: true }).check()
    await look.getByRole('checkbox', { name: 'weights', exact: true }).uncheck()
    await expect(map).toHaveAttribute('aria-busy', 'false')
    const canvas = map.locator('canvas')
    // in the lane of bits at the top, and in the picture of bits, which is the lower part
    const seen = async () => [await pixels(canvas, EIGHT, 0, 0.06), await pixels(canvas, EIGHT, 0.5, 1)]
    await expect.poll(async () => (await seen()).every((count) => count > 0)).toBe(true)

    await look.getByLabel('Order').selectOption('stored')
    await map.focus()
    // widths are stored one after another, the widest last
    await map.press('End')
    await expect(look.locator('figure.matrix .readout')).toContainText(`Column ${LONE}: 8 bits`)
    await look.getByLabel('Order').selectOption('width')
    await map.focus()
    await map.press('Home')
    await expect(look.locator('figure.matrix .readout')).toContainText(`Column ${LONE}: 8 bits`)
    for (let i = 0; i < 14; i++) await map.press('+')
    await map.press('ArrowDown')
    await expect(look.locator('.weight-readout')).toContainText(new RegExp(`^Row \\d+, column ${LONE}: .* 8 bits`))
    await expect.poll(async () => (await seen()).every((count) => count > 40)).toBe(true)

    await look.getByRole('checkbox', { name: 'Table', exact: true }).check()
    await expect(look.getByRole('region', { name: /^Columns in view/ })).toContainText(String(LONE))
    await expect(
      look
        .getByRole('region', { name: /^Weights in view/ })
        .locator('tbody td')
        .first(),
    ).toContainText(/^8; code \d+$/)
    expect((await new AxeBuilder({ page }).include('figure.matrix').analyze()).violations).toEqual([])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test('weights before and after, their error and another result are seen, read out, moved and taken away', async ({
  page,
}) => {
  const studio = new Studio(page)
  await studio.open()
  await studio.openBundled('Wren Nano')
  await studio.setRecipe('RTN', 4)
  await studio.quantize()
  const packed = await studio.save('Save packed file')
  await studio.setRecipe('RTN', 2)
  await studio.quantize()

  const look = studio.step('look')
  const figure = look.locator('figure.matrix')
  const map = look.getByRole('application', { name: /^Matrix map/ })
  for (const name of ['original', 'error']) await look.getByRole('checkbox', { name, exact: true }).check()
  await map.focus()
  for (const key of ['ArrowRight', 'ArrowDown']) await map.press(key)
  const readout = figure.locator('.weight-readout')
  await expect(readout).toContainText(
    /^Row 0, column 1: weight \S+, code [0-3] of 0 to 3, original \S+, error \S+, 2 bits, group 0 with scale \S+, zero \S+$/,
  )
  const told = (await readout.innerText()).replaceAll('−', '-')
  const [weight, original, error] = /weight (\S+), .* original (\S+), error (\S+),/.exec(told)!.slice(1).map(Number)
  expect(weight! - original!).toBeCloseTo(error!, 2)

  // a wheel with Ctrl zooms where it is, a drag of the weights moves them
  const box = (await map.boundingBox())!
  await page.mouse.move(box.x + box.width / 2, box.y + box.height - 120)
  await page.keyboard.down('Control')
  await page.mouse.wheel(0, -300)
  await page.keyboard.up('Control')
  const title = figure.getByRole('heading', { level: 3 })
  await expect(title).toContainText(/columns \d+ to \d+ of 64, rows \d+ to \d+ of 64/)
  const before = await title.innerText()
  await page.mouse.down()
  await page.mouse.move(box.x + box.width / 2 + 150, box.y + box.height - 150, { steps: 4 })
  await page.mouse.up()
  await expect(title).not.toHaveText(before)
  await figure.getByRole('button', { name: 'All', exact: true }).click()
  await expect(title).toContainText('all 64 columns, all 64 rows')

  await figure.getByLabel('Rows', { exact: true }).selectOption('error')
  await figure.getByLabel('Groups', { exact: true }).selectOption('heads')
  await figure
    .locator('input[type=file]')
    .setInputFiles({ name: packed.name, mimeType: 'application/octet-stream', buffer: packed.bytes })
  await expect(look.getByRole('checkbox', { name: 'A − B', exact: true })).toBeChecked()
  await map.focus()
  await map.press('End')
  await map.press('ArrowDown')
  await expect(readout).toContainText(/, B \S+, A − B \S+, 2 bits/)

  const [download] = await Promise.all([
    page.waitForEvent('download'),
    figure.getByRole('button', { name: 'SVG', exact: true }).click(),
  ])
  const svg = readFileSync(await download.path()).toString()
  expect(svg).toContain('<title>Matrix map: model.layers.0.self_attn.q_proj</title>')
  expect(svg.match(/<image [^>]*href="data:image\/png;base64,/g)).toHaveLength(4)
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([])
})

test('a run that was kept is the other result, and goes with the address', async ({ page }) => {
  const studio = new Studio(page)
  await studio.open()
  await page.goto('/#runs')
  await page.getByRole('checkbox', { name: 'Keep packed results of new runs' }).check()
  await page.getByRole('link', { name: 'Back to the studio' }).click()
  await studio.openBundled('Wren Nano')
  for (const bits of [4, 2]) {
    await studio.setRecipe('RTN', bits)
    await studio.quantize()
  }
  const look = studio.step('look')
  const figure = look.locator('figure.matrix')
  const map = look.getByRole('application', { name: /^Matrix map/ })
  const runs = figure.getByLabel('or with')
  // the one that is shown is not among them
  await expect(runs.locator('option')).toHaveText(['a kept run…', 'run 1, RTN 4-bit g128'])
  await runs.selectOption({ index: 1 })
  await expect(look.getByRole('checkbox', { name: 'A − B', exact: true })).toBeChecked()
  await map.focus()
  for (const key of ['ArrowRight', 'ArrowDown']) await map.press(key)
  await expect(figure.locator('.weight-readout')).toContainText(/weight (\S+), .*, B \S+, A − B \S+, 2 bits/)
  await figure.getByLabel('Order').selectOption('error')
  await expect(page).toHaveURL(/order=error.*show=weight(,|%2C)difference/)
  expect((await new AxeBuilder({ page }).include('figure.matrix').analyze()).violations).toEqual([])
  await page.goBack()
  await expect(figure.getByLabel('Order')).toHaveValue('original')
  await figure.getByRole('button', { name: 'Leave run 1, RTN 4-bit g128' }).click()
  await expect(look.getByRole('checkbox', { name: 'A − B', exact: true })).toHaveCount(0)
})
