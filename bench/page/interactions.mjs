import { ms, quantile, table } from './numbers.mjs'

/** The shortest that Event Timing tells of; what is not told took less. */
const LEAST_MS = 16

/** An interaction is several events, of which one is `event`. */
const KINDS = [
  { title: 'keys on the map', event: 'keydown', has: /^key/ },
  { title: 'clicks on steps', event: 'click', has: /^(pointer|mouse|click)/ },
]

/** Has the page keep what it tells of interactions and long frames from now on. */
export const observe = (page) =>
  page.evaluate(
    ([least, kinds]) => {
      const events = []
      const frames = []
      const gaps = []
      const keep = (type, list, pick) => {
        const observer = new PerformanceObserver((entries) => list.push(...entries.getEntries().map(pick)))
        observer.observe({ type, durationThreshold: least })
        return () => {
          list.push(...observer.takeRecords().map(pick))
          observer.disconnect()
        }
      }
      const stops = [
        keep('event', events, ({ name, interactionId, duration, startTime, processingStart, processingEnd }) => ({
          ...{ name, interactionId, duration },
          ...{ delay: processingStart - startTime, processing: processingEnd - processingStart },
        })),
        keep('long-animation-frame', frames, ({ duration, blockingDuration }) => ({ duration, blockingDuration })),
      ]
      const pressed = () => kinds.map((name) => performance.eventCounts.get(name) ?? 0)
      const before = pressed()
      let last = performance.now()
      let going = true
      const frame = (now) => {
        gaps.push(now - last)
        last = now
        if (going) requestAnimationFrame(frame)
      }
      requestAnimationFrame(frame)
      window.observed = () => {
        going = false
        for (const stop of stops) stop()
        return { events, frames, gaps, counts: pressed().map((count, at) => count - before[at]) }
      }
    },
    [LEAST_MS, KINDS.map(({ event }) => event)],
  )

export const observed = async (page) => {
  // what was pressed last is told of once it is painted
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))))
  return page.evaluate(() => window.observed())
}

/**
 * Of the events told, and how many interactions there were: an interaction is as long as its longest event, and one that
 * was not told counts as 0.
 */
export function interactions(events, count) {
  const longest = new Map()
  for (const event of events) {
    if (!event.interactionId) continue
    const known = longest.get(event.interactionId)
    if (!known || event.duration > known.duration) longest.set(event.interactionId, event)
  }
  const told = [...longest.values()].sort((a, b) => b.duration - a.duration)
  const untold = Math.max(0, count - told.length)
  return {
    count: told.length + untold,
    untold,
    durations: [...told.map(({ duration }) => duration), ...new Array(untold).fill(0)].sort((a, b) => a - b),
    worst: told[0] ?? null,
  }
}

const told = (value) => (value === undefined ? '–' : value < LEAST_MS ? `under ${LEAST_MS}` : ms(value))

/** What was observed in several runs, together. */
export function interactionsMarkdown(all) {
  const rows = KINDS.map(({ title, has }, kind) => {
    const events = all.flatMap((one, run) =>
      one.events
        .filter(({ name }) => has.test(name))
        .map((event) => ({ ...event, interactionId: event.interactionId && `${run} ${event.interactionId}` })),
    )
    const { count, durations, worst } = interactions(
      events,
      all.reduce((sum, { counts }) => sum + counts[kind], 0),
    )
    const times = [quantile(durations, 0.5), quantile(durations, 0.95), durations.at(-1)].map(told)
    return [title, count, ...times, ms(worst?.delay), ms(worst?.processing)]
  })
  const frames = all.flatMap((one) => one.frames)
  const gaps = all.flatMap((one) => one.gaps)
  const longest = (list) => (list.length > 0 ? ms(Math.max(...list)) : '–')
  return [
    table(['to the next paint, ms', 'count', 'median', '95 %', 'most', 'of it waiting', 'computing'], rows),
    '',
    `${gaps.length} frames: median ${ms(quantile(gaps, 0.5))} ms, 95 % ${ms(quantile(gaps, 0.95))} ms, longest ${longest(gaps)} ms; ${frames.length} of them 50 ms or more in the making, longest ${longest(frames.map(({ duration }) => duration))} ms, keeping input waiting for ${longest(frames.map(({ blockingDuration }) => blockingDuration))} ms at most.`,
  ].join('\n')
}
