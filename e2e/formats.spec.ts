import { expect, test } from './fixtures'
import { Studio } from './studio'
import { zipEntries } from './zip'

const pictures = 'test-results/screenshots'

test.use({ viewport: { width: 1440, height: 900 }, colorScheme: 'light' })

/** The files of a zipped folder, as a person drops them after unzipping. */
const unzipped = (zip: Buffer) =>
  zipEntries(zip).map(({ name, bytes }) => ({ name: name.slice(name.indexOf('/') + 1), bytes }))

test('a result is verified and saved for other software, and the saved folders open with the same perplexity', async ({
  page,
}) => {
  const studio = await Studio.finished(page, 'GPTQ', 4)
  const take = studio.step('take')
  const { after } = await studio.measure()

  await expect(take.getByRole('list', { name: 'Notes on the GPTQ folder' })).toContainText('asymmetric')
  for (const name of ['packed file', 'GPTQ folder', 'compressed-tensors folder', 'fp16 folder']) {
    await page.getByRole('button', { name: `Verify ${name}`, exact: true }).click()
    const item = take
      .getByRole('listitem')
      .filter({ has: page.getByRole('button', { name: `Save ${name}`, exact: true }) })
    await expect(item.getByRole('status')).toContainText(/^Verified: all \d+ tensors equal, perplexity/, {
      timeout: 60_000,
    })
    const [file, run] = (await item.getByRole('status').innerText()).match(/\d+\.\d\d/g)!
    if (name === 'fp16 folder') expect(Math.abs(Number(file) / Number(run) - 1)).toBeLessThan(1e-3)
    else expect(file).toBe(run)
  }
  await studio.picture(pictures, 'formats-take', 'take')
  await take.getByRole('radio', { name: 'Version 2' }).check()
  const saved = [await studio.save('Save GPTQ v2 folder'), await studio.save('Save compressed-tensors folder')]
  await take.getByRole('radio', { name: 'bf16' }).check()
  expect((await studio.save('Save bf16 folder')).name).toBe('wren-nano-bf16.zip')

  for (const [index, kind] of ['GPTQ checkpoint', 'compressed-tensors checkpoint'].entries()) {
    await studio.open()
    await studio.drop(unzipped(saved[index]!.bytes))
    await expect(studio.step('inspect').getByText(kind, { exact: true })).toBeVisible()
    await expect(studio.step('look').getByRole('application', { name: /^Model map/ })).toBeVisible()
    expect(await studio.measure()).toEqual({ before: 'none', after })
    await studio.step('measure').getByLabel('New tokens').fill('4')
    await studio
      .step('measure')
      .getByRole('button', { name: /^Continue/ })
      .click()
    await expect(studio.step('measure').locator('[data-side=quantized]')).toContainText(/sea for .+/, {
      timeout: 30_000,
    })
  }
  await expect(studio.step('measure').getByRole('button', { name: 'Cancel' })).toBeHidden({ timeout: 30_000 })
  await studio.picture(pictures, 'formats-look', 'look')
  await studio.picture(pictures, 'formats-run', 'run')
})
