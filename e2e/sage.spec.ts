import AxeBuilder from '@axe-core/playwright'
import { expect, test } from './fixtures'
import { Studio } from './studio'

test('weights near one bit: what is stored and what is published, groups, salient weights, what bits buy', async ({
  page,
}) => {
  await page.emulateMedia({ reducedMotion: 'reduce' })
  const studio = new Studio(page)
  await studio.open()
  await studio.openBundled('Wren Nano')
  const [recipe, run, look, measure] = ['recipe', 'run', 'look', 'measure'].map((id) => studio.step(id))
  await measure!.getByLabel('Window, tokens').fill('64')
  await measure!.getByLabel('First tokens of the text').fill('512')
  await studio.method().selectOption({ label: 'SAGE-PTQ' })
  await recipe!.getByLabel('Settings').selectOption({ label: 'One bit stored' })
  await recipe!.getByText('Compare values of an option').click()
  const groups = recipe!.getByRole('group', { name: 'Amplitudes' }).last()
  for (const box of await groups.getByRole('checkbox').all()) await box.uncheck()
  for (const count of ['1', '4']) await groups.getByRole('checkbox', { name: count, exact: true }).check()
  await recipe!.getByRole('button', { name: 'Run 2 values' }).click()

  const rows = run!.getByRole('region', { name: 'Runs', exact: true }).locator('tbody tr')
  await expect(rows).toHaveCount(2, { timeout: 90_000 })
  await expect(rows.last()).toContainText(/\d+\.\d\d/, { timeout: 60_000 })
  // four amplitudes are two more bits a weight, of which the paper's count knows nothing
  const [one, four] = await Promise.all([rows.first().innerText(), rows.last().innerText()])
  const bits = (text: string) => Number(/\t(\d\.\d{3})\t/.exec(text)?.[1])
  expect(bits(four!) - bits(one!)).toBeGreaterThan(1.9)
  await expect(run!.getByText(/The paper’s count: 1\.0\d\d for weights/)).toBeVisible()

  const magnitudes = page.getByRole('application', { name: /^Histogram of the magnitudes/ })
  const readout = look!.locator('figure', { has: magnitudes }).locator('.readout')
  await expect(readout).toContainText(/4 groups at ± .*boundaries .*% salient/)
  await magnitudes.focus()
  await magnitudes.press('Home')
  await expect(readout).toContainText(/weights, \d+\.\d\s%; group 1 of 4, stored as ±/)
  await magnitudes.press('End')
  await expect(readout).toContainText('salient')
  await expect(look!.getByText('Framed weights are salient')).toBeVisible()

  const chart = page.getByRole('application', {
    name: 'Perplexity over stored bits of 2 runs. Arrow keys read out a run.',
  })
  await chart.focus()
  await chart.press('Home')
  await expect(measure!.locator('figure', { has: chart }).locator('.readout')).toContainText(
    /Run 1, .*times the original; no other run is lower at no more bits/,
  )
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([])
})
