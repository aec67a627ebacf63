import type { OfflineHost } from './host'
import type { Answer, Kept, Order } from './release'

/** How often a page that stays open asks for a newer release, in milliseconds. */
const ASK_MS = 60 * 60 * 1000

/** The service worker as the page sees it; null where the browser has none, or keeps it from private windows. */
export function offlineHost(address: () => string): OfflineHost | undefined {
  const { serviceWorker } = navigator
  if (!serviceWorker) return undefined
  let registration: ServiceWorkerRegistration | null = null

  const send = async (order: Order, onKept: (kept: Kept) => void): Promise<Kept> => {
    const { active } = await serviceWorker.ready
    const { port1, port2 } = new MessageChannel()
    return new Promise((done, fail) => {
      port1.onmessage = ({ data }: MessageEvent<Answer>) => {
        if ('failure' in data) fail(new Error(data.failure))
        else if (data.done) done(data.kept)
        else onKept(data.kept)
      }
      active!.postMessage(order, [port2])
    })
  }

  return {
    async start(tell) {
      registration = await serviceWorker.register(address())
      const notice = () => tell({ update: registration?.waiting != null && serviceWorker.controller !== null })
      notice()
      registration.addEventListener('updatefound', () =>
        registration?.installing?.addEventListener('statechange', notice),
      )
      const look = () => void (document.visibilityState === 'visible' && registration?.update().catch(() => {}))
      setInterval(look, ASK_MS)
      tell({ kept: await send('status', () => {}) })
    },
    keep: (wanted, onProgress) => send(wanted ? 'keep' : 'drop', onProgress),
    update() {
      // other tabs go on with what they have; this one comes back with the new release
      serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true })
      registration?.waiting?.postMessage('update' satisfies Order)
    },
  }
}
