import { readFileSync } from 'node:fs'
import { visit } from './chromium.mjs'
import { table } from './numbers.mjs'

/** What the page *Benchmark* measures, as it saves it; sizes and runs are the page's own unless given. */
export async function kernels(browser, address, { sizes, runs }) {
  const page = await visit(browser, address)
  await page.getByRole('link', { name: 'Benchmark' }).click()
  if (sizes) await page.getByLabel('Sizes n').fill(sizes)
  if (runs) await page.getByLabel('Runs').fill(runs)
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await page.getByText(/^medians of /).waitFor({ timeout: 120_000 })
  await page.getByText(/, under way$/).waitFor({ state: 'hidden', timeout: 0 })
  const startUp = await page
    .locator('.start-up > div')
    .evaluateAll((facts) => facts.map((fact) => [...fact.children].map(({ textContent }) => textContent).join(': ')))
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save JSON' }).click(),
  ])
  const measured = JSON.parse(readFileSync(await download.path(), 'utf8'))
  await page.context().close()
  return { ...measured, startUp }
}

const figures = (value) => (value === null || value === undefined ? '' : value.toPrecision(3))

export function kernelsMarkdown({ rows, startUp }) {
  const sizes = [...new Set(rows.map(({ n }) => n))].sort((a, b) => a - b)
  const works = [...new Set(rows.map(({ work }) => work))]
  const at = (work, n) => rows.find((row) => row.work === work && row.n === n)
  const last = (work) => rows.filter((row) => row.work === work).at(-1)
  return [
    table(
      ['ms', ...sizes.map((n) => `n = ${n}`), 'on the GPU', 'GFLOP/s', 'GB/s'],
      works.map((work) => [
        work,
        ...sizes.map((n) => figures(at(work, n)?.ms)),
        ...['gpuMs', 'gflops', 'gbPerSecond'].map((name) => figures(last(work)[name])),
      ]),
    ),
    '',
    'The last three columns are of the largest size measured.',
    '',
    `${startUp.join('; ')}.`,
  ].join('\n')
}
