/** A break for whatever waits; ends work that nobody wants any more by throwing. */
export type Pause = () => Promise<void>

/** A turn for messages: much shorter than a timer's. */
export const breathe: Pause = () =>
  new Promise((done) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      done()
    }
    port2.postMessage(null)
  })

/** Milliseconds of work after which others should be heard. */
const TURN_MS = 4

/** A `pause` where so long has passed since the last, as often as it is asked. */
export function turns(pause: Pause): Pause {
  let since = performance.now()
  return async () => {
    if (performance.now() - since < TURN_MS) return
    await pause()
    since = performance.now()
  }
}
