/** How often a page that is in view looks at the clock. */
const LOOK_MS = 5000

/** Browsers let a page in the background look once a minute: only more is sleep. */
export const ASLEEP_MS = 90_000

/**
 * Tells how long a page was not woken at all, once it is: the device slept, or the browser had frozen the tab. Gives what
 * ends the watch.
 */
export function watchSleep(now: () => number, onSlept: (ms: number) => void): () => void {
  let last = now()
  const timer = setInterval(() => {
    const passed = now() - last
    last += passed
    if (passed > ASLEEP_MS) onSlept(passed - LOOK_MS)
  }, LOOK_MS)
  return () => clearInterval(timer)
}
