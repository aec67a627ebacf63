/** Small choices that stay in this browser, where it lets us. */
export interface Settings {
  /** Single letters do things. */
  readonly keys: boolean
  /** A notification of the system tells when long work is done; null while nobody was asked. */
  readonly notify: boolean | null
}

const KEY = 'bitloom-settings'
const DEFAULTS: Settings = { keys: true, notify: null }

function readSettings(): Settings {
  try {
    const { keys, notify } = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Record<keyof Settings, unknown>>
    return {
      keys: typeof keys === 'boolean' ? keys : DEFAULTS.keys,
      notify: typeof notify === 'boolean' ? notify : DEFAULTS.notify,
    }
  } catch {
    return DEFAULTS
  }
}

const listeners = new Set<() => void>()
let current: Settings | null = null

export const settings = (): Settings => {
  current ??= readSettings()
  return current
}

export function changeSettings(change: Partial<Settings>): void {
  current = { ...settings(), ...change }
  try {
    localStorage.setItem(KEY, JSON.stringify(current))
  } catch {
    // then they last as long as the page
  }
  for (const listener of listeners) listener()
}

export function onSettings(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
