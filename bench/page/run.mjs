import { readFileSync } from 'node:fs'
import { visit } from './chromium.mjs'
import { interactionsMarkdown, observe, observed } from './interactions.mjs'
import { median, ms, table } from './numbers.mjs'
import { engineMarks } from './start.mjs'

/** A click on a button: when, on the page's own clock, and how many milliseconds later the page shows `text` in `selector`. */
async function clicked(page, name, selector, text, meanwhile = async () => {}) {
  await page.evaluate(
    ([where, what]) => {
      window.reached = new Promise((done) => {
        document.addEventListener(
          'click',
          ({ timeStamp }) => {
            const frame = () => {
              if (document.querySelector(where)?.textContent.includes(what))
                done({ at: timeStamp, took: performance.now() - timeStamp })
              else requestAnimationFrame(frame)
            }
            requestAnimationFrame(frame)
          },
          { once: true, capture: true },
        )
      })
      window.isReached = false
      window.reached.then(() => {
        window.isReached = true
      })
    },
    [selector, text],
  )
  await page.getByRole('button', { name, exact: true }).click()
  await meanwhile()
  return page.evaluate(() => window.reached)
}

/** Where hands go while a run is under way: every step of the path, and about on the map of the model once it is there. */
async function useThePage(page) {
  const under = () => page.evaluate(() => window.isReached)
  const links = await page.locator('nav.path a').all()
  const map = page.locator('#step-look').getByRole('application', { name: /^Model map/ })
  for (let turn = 0; !(await under()); turn++) {
    const box = await links[turn % links.length].boundingBox()
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2)
    if ((await map.count()) === 0) continue
    await map.focus({ timeout: 2000 }).catch(() => {})
    for (const key of ['ArrowRight', 'ArrowDown', 'ArrowLeft', 'ArrowUp', 'Enter']) await page.keyboard.press(key)
  }
}

/** What a packed file says of the run that it came from. */
function reportOf(file) {
  const bytes = readFileSync(file)
  const header = JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE(0))).toString())
  return { bytes: bytes.length, ...JSON.parse(header.__metadata__['bitloom.report']) }
}

/** The bundled model from the click that opens it to its saved file, with the recipe that the page proposes, while the page is used. */
export async function runOnce(browser, address) {
  const page = await visit(browser, address)
  const opened = await clicked(page, 'Try Wren Nano', '#step-inspect', 'LlamaForCausalLM')
  await page.getByRole('button', { name: 'Quantize', exact: true, disabled: false }).waitFor({ timeout: 60_000 })
  await observe(page)
  const run = await clicked(page, 'Quantize', '#step-run .step-status', 'finished', () => useThePage(page))
  const hands = await observed(page)
  const begun = performance.now()
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save packed file', exact: true }).click(),
  ])
  const { bytes, recipe, seconds, bits } = reportOf(await download.path())
  const saved = performance.now() - begun
  const marks = await engineMarks(page)
  await page.context().close()
  return { opened, run, saved, bytes, recipe, seconds, bits, marks, hands }
}

/** Null where there was one before, as where tiles were tried. */
const toDispatch = ({ marks, run }) => {
  const after = marks['first dispatch done'] - run.at
  return after > 0 ? after : null
}

export function runsMarkdown(runs) {
  const { recipe, bytes } = runs[0]
  const { samples, length } = recipe.calibration
  const mid = (of) => ms(median(runs.map(of)))
  const phases = Object.keys(runs[0].seconds).filter((name) => name !== 'total')
  const row = (name, of) => [name, mid(of), ...runs.map((one) => ms(of(one)))]
  return [
    `Wren Nano, ${recipe.method} as proposed (${samples} × ${length} tokens), ${(bytes / 1e6).toFixed(2)} MB saved:`,
    '',
    table(
      ['ms', 'median', ...runs.map((_, at) => `run ${at + 1}`)],
      [
        row('click on the model to its facts', ({ opened }) => opened.took),
        ...(runs.every(toDispatch) ? [row('click on Quantize to the first dispatch done', toDispatch)] : []),
        row('click on Quantize to finished', ({ run }) => run.took),
        ...phases.map((phase) => row(`– ${phase}`, ({ seconds }) => 1000 * (seconds[phase] ?? 0))),
        row('click on Save to a file', ({ saved }) => saved),
      ],
    ),
    '',
    'While it ran, the page was used:',
    '',
    interactionsMarkdown(runs.map(({ hands }) => hands)),
  ].join('\n')
}
