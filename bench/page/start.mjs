import { open, prepare } from './chromium.mjs'
import { median, ms, table } from './numbers.mjs'

/** Names of the marks that the engine's worker sets, as the table tells them. */
const MARKS = {
  'bitloom: device found': 'device found',
  'bitloom: device ready': 'device ready',
  'bitloom: first submission': 'first submission of a dispatch',
  'bitloom: first dispatch done': 'first dispatch done',
}

/** What the engine's worker has marked so far, in milliseconds since the page's navigation. */
export async function engineMarks(page) {
  const opened = await page.evaluate(() => performance.timeOrigin)
  const worker = page.workers().find((one) => one.url().includes('engine'))
  const { origin, marks } = await worker.evaluate(() => ({
    origin: performance.timeOrigin,
    marks: performance.getEntriesByType('mark').map(({ name, startTime }) => [name, startTime]),
  }))
  return Object.fromEntries(
    marks.filter(([name]) => name in MARKS).map(([name, at]) => [MARKS[name], origin - opened + at]),
  )
}

/** Notes when the studio's first step is there and when its header names the device. */
const watch = (page) =>
  page.addInitScript(() => {
    const seen = {}
    window.seen = seen
    const look = () => {
      for (const [name, selector] of [
        ['studio there', '#step-open'],
        ['header names the device', '.device .badge'],
      ])
        if (!(name in seen) && document.querySelector(selector)) seen[name] = performance.now()
    }
    new MutationObserver(look).observe(document, { childList: true, subtree: true })
  })

/** One visit, in milliseconds since its navigation. */
async function start(context, address) {
  const page = await context.newPage()
  await prepare(page)
  await watch(page)
  await open(page, address)
  const seen = await page.evaluate(() => ({
    'first paint': performance.getEntriesByType('paint')[0]?.startTime,
    'first contentful paint': performance.getEntriesByName('first-contentful-paint')[0]?.startTime,
    ...window.seen,
  }))
  const all = { ...seen, ...(await engineMarks(page)) }
  await page.close()
  return all
}

/**
 * So many browsers, each new: the first visit of somebody who was never here, and their next. A browser starts its GPU process for the
 * first, which is what "device found" waits for.
 */
export async function starts(launchBrowser, address, times) {
  const visits = { first: [], next: [] }
  for (let i = 0; i < times; i++) {
    const browser = await launchBrowser()
    const context = await browser.newContext({ viewport: { width: 1400, height: 1000 } })
    visits.first.push(await start(context, address))
    visits.next.push(await start(context, address))
    await browser.close()
  }
  return visits
}

export function startsMarkdown({ first, next }) {
  const mid = (visits, name) => median(visits.map((visit) => visit[name]).filter((value) => value !== undefined))
  const names = [...new Set([...first, ...next].flatMap(Object.keys))].sort((a, b) => mid(first, a) - mid(first, b))
  return table(
    ['after navigation, ms', 'first visit', 'next visit'],
    names.map((name) => [name, ms(mid(first, name)), ms(mid(next, name))]),
  )
}
