import AxeBuilder from '@axe-core/playwright'
import { expect, test } from './fixtures'
import { Studio } from './studio'

const pictures = 'test-results/screenshots'

test.use({ viewport: { width: 1440, height: 900 }, colorScheme: 'light' })

test('compares with the original, scans, reports, and saves figures', async ({ page, context }) => {
  test.setTimeout(240_000)
  const studio = await Studio.finished(page, 'RTN', 3)
  const measure = studio.step('measure')

  await test.step('predictions against the original’s', async () => {
    await measure.getByLabel('Window, tokens').fill('64')
    await measure.getByLabel('First tokens of the text').fill('512')
    await measure.getByRole('button', { name: 'Compare with the original' }).click()
    const row = measure.getByRole('region', { name: 'Divergences' }).locator('tbody tr')
    await expect(row).toHaveCount(1, { timeout: 60_000 })
    const [mean = Number.NaN, low, high] = (await row.locator('td').allInnerTexts())
      .slice(3, 5)
      .flatMap((cell) => cell.split(' to ').map(Number))
    expect(mean).toBeGreaterThan(0)
    expect(low).toBeLessThan(mean)
    expect(high).toBeGreaterThan(mean)
    // both perplexities came of it
    await expect(measure.getByRole('region', { name: 'Perplexities' }).locator('tbody tr')).toContainText(/×/)
    await expect(measure.getByText(/^KL divergence mean .* the same likeliest token in [\d.]+ %$/)).toBeVisible()
  })

  await test.step('figures as SVG and PNG', async () => {
    const chart = measure.locator('figure', { hasText: 'Divergence from the original' })
    for (const [kind, begin] of [
      ['SVG', '<svg xmlns'],
      ['PNG', '\u{89}PNG'],
    ] as const) {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        chart.getByRole('button', { name: kind, exact: true }).click(),
      ])
      expect(download.suggestedFilename()).toBe(`wren-nano-divergence.${kind.toLowerCase()}`)
      const bytes = await (await download.createReadStream()).take(16).toArray()
      expect(Buffer.concat(bytes).toString('latin1').startsWith(begin)).toBe(true)
    }
  })

  await test.step('a scan, its map, and minimum widths of a recipe', async () => {
    const scan = measure.getByRole('region', { name: 'Sensitivity scan' })
    await measure.getByLabel('First tokens of the text').fill('128')
    await scan.getByLabel('Round').selectOption({ label: 'every layer' })
    await scan.getByLabel('To').selectOption({ label: '2 bits' })
    await scan.getByRole('button', { name: 'Scan', exact: true }).click()
    const map = scan.getByRole('application', { name: /^Sensitivity/ })
    await expect(map).toBeVisible({ timeout: 100_000 })
    await map.focus()
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('Enter')
    await expect(scan.getByText(/^model\.layers\.1\..*with all of layer 1: KL/)).toBeVisible()
    await expect(studio.step('look').getByRole('heading', { name: /^model\.layers\.1\./ })).toBeVisible()
    await scan.getByRole('button', { name: 'Use as minimum widths of MG-PTQ' }).click()
    await expect(studio.method().locator('option:checked')).toHaveText('MG-PTQ')
  })

  const { violations } = await new AxeBuilder({ page }).include('#step-measure').analyze()
  expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([])
  await studio.picture(pictures, 'measure', 'measure')

  await test.step('a report that needs nothing else', async () => {
    const { name, bytes } = await studio.save('HTML')
    expect(name).toBe('wren-nano.html')
    const other = await context.newPage()
    await other.setContent(bytes.toString('utf8'))
    await expect(other.getByRole('heading', { level: 1 })).toHaveText('wren-nano')
    await expect(other.getByText('Divergence from the original, KL')).toBeVisible()
    await expect(other.getByRole('heading', { name: 'Sensitivity' })).toBeVisible()
    expect(await other.locator('script').count()).toBe(0)
    const report = await new AxeBuilder({ page: other }).analyze()
    expect(report.violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([])
    await other.screenshot({ path: `${pictures}/report.png`, fullPage: true })
    await other.close()
    const card = await studio.save('Model card')
    expect(card.bytes.toString('utf8')).toContain('# wren-nano, RTN 3-bit')
  })
})
