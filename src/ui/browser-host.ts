import type { BrowserHost } from '../state/context'
import { CHANGES } from '../workers/archive-api'

/** What this browser tells of itself, its storage, and other tabs of the page. */
export const browserHost = (): BrowserHost => ({
  name: browserName(navigator.userAgent),
  async room() {
    const { usage, quota } = await navigator.storage.estimate()
    if (usage === undefined || quota === undefined) return null
    return { usage, quota, persisted: await navigator.storage.persisted() }
  },
  persist: () => navigator.storage.persist(),
  recall(key) {
    try {
      return localStorage.getItem(key)
    } catch {
      return null // a page without storage still works
    }
  },
  remember(key, value) {
    try {
      localStorage.setItem(key, value)
    } catch {
      // the choice holds for this visit
    }
  },
  onArchiveChange(listen) {
    new BroadcastChannel(CHANGES).onmessage = listen
  },
})

/** In the order in which they name themselves: Edge says that it is Chrome, and Chrome that it is Safari. */
const NAMES: readonly (readonly [name: string, version: RegExp])[] = [
  ['Edge', /Edg\/(\d+)/],
  ['Firefox', /Firefox\/(\d+)/],
  ['Chrome', /Chrome\/(\d+)/],
  ['Safari', /Version\/(\d+).*Safari/],
]
const SYSTEMS = ['Android', 'iPhone', 'iPad', 'Windows', 'Mac', 'CrOS', 'Linux'] as const

/** "Chrome 141, Linux": enough to tell runs apart, and no more. */
export function browserName(agent: string): string {
  const found = NAMES.map(([name, version]) => [name, version.exec(agent)?.[1]]).find(([, version]) => version)
  const system = SYSTEMS.find((one) => agent.includes(one))
  return [found ? found.join(' ') : 'unknown browser', ...(system ? [system === 'Mac' ? 'macOS' : system] : [])].join(
    ', ',
  )
}
