import { Keeper } from './keeper'
import type { Answer, Order, Release } from './release'

/** Put in by the build (scripts/offline.mjs). */
declare const __RELEASE__: Release
declare const self: ServiceWorkerGlobalScope

const keeper = new Keeper(__RELEASE__, {
  caches,
  scope: self.registration.scope,
  fetch: (address, init) => fetch(address, init),
})

self.addEventListener('install', (event) => event.waitUntil(keeper.install()))

// the first visit's page is served from now on, too; a new release waits until the page asks for it
self.addEventListener('activate', (event) => event.waitUntil(keeper.activate().then(() => self.clients.claim())))

self.addEventListener('fetch', (event) => {
  const answer = keeper.answer(event.request)
  if (answer) event.respondWith(answer)
})

self.addEventListener('message', (event) => {
  const order = event.data as Order
  const [port] = event.ports
  if (order === 'update') return event.waitUntil(self.skipWaiting())
  if (port) event.waitUntil(obey(order, (answer) => port.postMessage(answer)))
})

// a notification of finished work leads back to the page
self.addEventListener('notificationclick', (event) => {
  event.notification.close()
  event.waitUntil(toPage())
})

async function toPage(): Promise<void> {
  const [page] = await self.clients.matchAll({ type: 'window', includeUncontrolled: true })
  await (page ? page.focus() : self.clients.openWindow(self.registration.scope))
}

async function obey(order: Order, tell: (answer: Answer) => void): Promise<void> {
  try {
    const kept =
      order === 'keep'
        ? await keeper.keep((so) => tell({ kept: so, done: false }))
        : order === 'drop'
          ? await keeper.drop()
          : await keeper.kept()
    tell({ kept, done: true })
  } catch (error) {
    tell({ failure: (error as Error).message })
  }
}
