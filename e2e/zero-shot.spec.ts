import AxeBuilder from '@axe-core/playwright'
import { expect, test } from './fixtures'
import { Studio } from './studio'

const pictures = 'test-results/screenshots'

test.use({ viewport: { width: 1440, height: 900 }, colorScheme: 'light' })

const file = (name: string, lines: readonly object[]) => ({
  ...{ name, mimeType: 'application/json' },
  buffer: Buffer.from(lines.map((line) => JSON.stringify(line)).join('\n')),
})

const boats = ['a boat', 'a ship', 'a whale', 'the sea'].flatMap((noun) =>
  ['The captain saw', 'Nobody heard', 'They followed'].map((begin) => `${begin} ${noun}`),
)
const questions = file(
  'questions.jsonl',
  boats.map((query, i) => ({ query, choices: ['in the morning.', 'of green cheese.'], gold: i % 2 })),
)
const words = file(
  'words.jsonl',
  boats.map((text) => ({
    context: `${text}. ${text.split(' ').slice(0, -1).join(' ')}`,
    continuation: text.split(' ').at(-1),
  })),
)

test('scores tasks before and after, refuses what is none, stops, and stays accessible and narrow', async ({
  page,
}) => {
  const studio = await Studio.finished(page, 'RTN', 4)

  const tasks = page.getByRole('region', { name: 'Zero-shot tasks' })
  const add = tasks.getByLabel('Add task files')
  await add.setInputFiles([questions, words])
  await expect(tasks.getByText('12 × answers to a question')).toBeVisible()
  await expect(tasks.getByText('12 × the last word')).toBeVisible()

  await test.step('a file that is no task is named, and the others stay', async () => {
    await add.setInputFiles(file('wrong.jsonl', [{ query: 'How?', choices: ['a', 'b'], gold: 2 }]))
    await expect(
      studio.step('measure').getByText(/wrong\.jsonl, line 1: expected the index.*from 0 to 1, got 2/),
    ).toBeVisible()
    await expect(tasks.getByRole('listitem')).toHaveCount(2)
  })

  await test.step('both sides, with what they differ by', async () => {
    await tasks.getByRole('button', { name: 'Score before and after' }).click()
    await expect(tasks.getByRole('button', { name: 'Cancel' })).toBeHidden({ timeout: 60_000 })
    const rows = tasks.locator('tbody tr')
    await expect(rows).toHaveCount(4)
    await expect(rows.nth(0)).toContainText(
      /questions12acc, %\d+\.\d\d ± \d+\.\d\d\d+\.\d\d ± \d+\.\d\d[+−]?\d+\.\d\d ± \d/,
    )
    await expect(rows.nth(3)).toContainText(/words12perplexity\d+\.\d\d\d/)
    await expect(rows.nth(0)).toContainText('dequantized')
  })

  await test.step('from the stored codes, within a hair of it', async () => {
    const perplexity = async () => Number(await tasks.locator('tbody tr').last().locator('td').nth(6).innerText())
    const before = await perplexity()
    await studio.step('measure').getByLabel('Multiply codes as they are stored').check()
    await tasks.getByRole('button', { name: 'Score before and after' }).click()
    await expect(tasks.locator('tbody tr').last().locator('xpath=../tr[3]')).toContainText('stored', {
      timeout: 60_000,
    })
    expect(Math.abs((await perplexity()) / before - 1)).toBeLessThan(1e-3)
  })

  await studio.picture(pictures, 'zero-shot', 'measure')
  expect((await new AxeBuilder({ page }).include('#step-measure').analyze()).violations).toEqual([])
  await page.emulateMedia({ colorScheme: 'dark' })
  expect((await new AxeBuilder({ page }).include('#step-measure').analyze()).violations).toEqual([])
  await studio.picture(pictures, 'zero-shot-dark', 'measure')

  await page.setViewportSize({ width: 360, height: 800 })
  await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360)
  await studio.picture(pictures, 'zero-shot-narrow', 'measure')
})

test('takes a task dropped on it, and stops while it is scored', async ({ page }) => {
  const studio = new Studio(page)
  await studio.open()
  await studio.openBundled('Wren Nano')
  const tasks = page.getByRole('region', { name: 'Zero-shot tasks' })
  const many = file(
    'many.jsonl',
    Array.from({ length: 400 }, (_, i) => ({ query: boats[i % 12]!.repeat(8), choices: ['so.', 'or so.'], gold: 0 })),
  )
  await tasks.getByRole('group', { name: 'Task files' }).evaluate((zone, text) => {
    const dataTransfer = new DataTransfer()
    dataTransfer.items.add(new File([text], 'many.jsonl'))
    const init = { dataTransfer, bubbles: true, cancelable: true }
    zone.dispatchEvent(new DragEvent('dragover', init))
    zone.dispatchEvent(new DragEvent('drop', init))
  }, many.buffer.toString())
  await expect(tasks.getByText('400 × answers to a question')).toBeVisible()
  await expect(page.locator('.drop-veil')).toHaveCount(0)
  await tasks.getByLabel(/^First items of each task/).fill('0')
  await tasks.getByRole('button', { name: 'Score the tasks' }).click()
  await expect(tasks.getByText(/^many, original$/)).toBeVisible()
  await tasks.getByRole('button', { name: 'Cancel' }).click()
  await expect(tasks.getByRole('button', { name: 'Cancel' })).toBeHidden()
  await expect(tasks.locator('tbody tr')).toHaveCount(0)
})
