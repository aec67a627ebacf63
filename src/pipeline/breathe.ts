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
