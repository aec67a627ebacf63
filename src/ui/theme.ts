/** Light, dark, or as the system says. Kept for the next visit where the browser lets us. */
export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

const KEY = 'bitloom-theme'

const listeners = new Set<() => void>()

export function onTheme(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function savedTheme(): Theme {
  const shown = document.documentElement.dataset.theme
  try {
    return THEMES.find((theme) => theme === (shown ?? localStorage.getItem(KEY))) ?? 'system'
  } catch {
    return 'system'
  }
}

export function applyTheme(theme: Theme): void {
  document.documentElement.dataset.theme = theme
  try {
    localStorage.setItem(KEY, theme)
  } catch {
    // A browser that keeps nothing follows the choice until the page is closed.
  }
  for (const listener of listeners) listener()
}
