import { type Beside, parseAddress } from '../state/address'
import type { StudioState } from '../state/store'
import type { Studio } from '../state/studio'
import { STEPS } from './path'
import { applyTheme, savedTheme, THEMES } from './theme'
import { stepInView } from './use-address'
import type { shortcutWords } from './words/shortcuts'

/** What a key may reach. */
interface Hands {
  readonly studio: Studio
  showSheet(): void
}

export interface Shortcut {
  /** As in KeyboardEvent.key: a capital is a letter with Shift. Any of them will do. */
  readonly keys: readonly string[]
  readonly area: keyof typeof shortcutWords.areas
  readonly does: keyof typeof shortcutWords.does
  act(hands: Hands, key: string): void
}

/** Every shortcut there is: what listens to keys and the sheet that lists them both read this. */
export const SHORTCUTS: readonly Shortcut[] = [
  { keys: ['j'], area: 'path', does: 'next', act: () => toNeighbour(1) },
  { keys: ['k'], area: 'path', does: 'previous', act: () => toNeighbour(-1) },
  {
    keys: STEPS.map((_, index) => String(index + 1)),
    area: 'path',
    does: 'step',
    act: (_, key) => toStep(Number(key) - 1),
  },
  { keys: ['b'], area: 'path', does: 'benchmark', act: () => toAndBack('benchmark') },
  { keys: ['u'], area: 'path', does: 'runs', act: () => toAndBack('runs') },
  { keys: ['o'], area: 'work', does: 'open', act: () => press('#step-open .drop-zone button') },
  { keys: ['r'], area: 'work', does: 'run', act: () => press('#step-run .step-side button.primary') },
  { keys: ['p'], area: 'work', does: 'pause', act: ({ studio }) => pauseOrResume(studio) },
  { keys: ['X'], area: 'work', does: 'cancel', act: ({ studio }) => cancel(studio) },
  { keys: ['s'], area: 'work', does: 'save', act: () => press('#step-take button.primary') },
  { keys: ['z'], area: 'work', does: 'undo', act: ({ studio }) => void studio.undoing.undo() },
  { keys: ['l'], area: 'look', does: 'nextModule', act: ({ studio }) => walk(studio, 1, 'module') },
  { keys: ['h'], area: 'look', does: 'previousModule', act: ({ studio }) => walk(studio, -1, 'module') },
  { keys: ['L'], area: 'look', does: 'nextLayer', act: ({ studio }) => walk(studio, 1, 'layer') },
  { keys: ['H'], area: 'look', does: 'previousLayer', act: ({ studio }) => walk(studio, -1, 'layer') },
  { keys: ['/'], area: 'look', does: 'filter', act: toFilter },
  { keys: ['t'], area: 'page', does: 'theme', act: nextTheme },
  { keys: ['?'], area: 'page', does: 'sheet', act: ({ showSheet }) => showSheet() },
]

/** The shortcut that a key means at this place; null for keys that belong to a field, a dialog or the browser. */
export function shortcutOf(event: KeyboardEvent, single: boolean): Shortcut | null {
  const { key, target, ctrlKey, metaKey, altKey, defaultPrevented, isComposing, repeat } = event
  if (ctrlKey || metaKey || altKey || defaultPrevented || isComposing || isTyping(target)) return null
  if (document.querySelector('dialog[open]')) return null
  const shortcut = SHORTCUTS.find(({ keys }) => keys.includes(key)) ?? null
  if (repeat && shortcut?.area === 'work') return null
  return single || shortcut?.does === 'sheet' ? shortcut : null
}

const TYPED =
  'textarea, select, [contenteditable], input:not([type=checkbox], [type=radio], [type=button], [type=file])'

const isTyping = (target: EventTarget | null): boolean => target instanceof Element && target.closest(TYPED) !== null

/** A button of the page does what it does only where it could be pressed by hand. */
const press = (selector: string): void =>
  document.querySelector<HTMLButtonElement>(`main:not([hidden]) ${selector}`)?.click()

function toStep(index: number): void {
  const step = STEPS[Math.max(0, Math.min(STEPS.length - 1, index))]!
  location.hash = `#step-${step.id}`
  const title = document.getElementById(`title-${step.id}`)
  title?.setAttribute('tabindex', '-1')
  title?.focus({ preventScroll: true })
}

/** To a page beside the path, or from it. */
function toAndBack(page: Beside): void {
  location.hash = parseAddress(location.hash).place === page ? '#studio' : `#${page}`
}

const toNeighbour = (by: number): void => toStep(STEPS.findIndex(({ id }) => `step-${id}` === stepInView()) + by)

function pauseOrResume(studio: Studio): void {
  const { busy, run } = studio.store.getState()
  if (busy === 'run') void (run?.status === 'paused' ? studio.resume() : studio.pause())
}

function cancel(studio: Studio): void {
  const { busy } = studio.store.getState()
  if (busy !== null && busy !== 'open' && busy !== 'save') void studio.cancel()
}

/** To a module that is drawn already, in the order of the model, or of the same role in another layer. */
function walk(studio: Studio, by: number, over: 'module' | 'layer'): void {
  const next = neighbour(studio.store.getState(), by, over)
  if (next) studio.select(next)
}

function neighbour(state: Pick<StudioState, 'run' | 'selected'>, by: number, over: 'module' | 'layer') {
  const all = state.run?.modules.toArray() ?? []
  const current = all.find(({ name }) => name === state.selected) ?? all[0]
  if (!current) return null
  const row = over === 'module' ? all : all.filter(({ role }) => role === current.role)
  return row[row.indexOf(current) + by]?.name ?? null
}

function toFilter(): void {
  const inView = document.getElementById(stepInView() ?? '')
  const filter = 'input[type=search], input[type=text]'
  const field = inView?.querySelector<HTMLElement>(filter) ?? document.querySelector<HTMLElement>(`main ${filter}`)
  field?.focus()
}

function nextTheme(): void {
  applyTheme(THEMES[(THEMES.indexOf(savedTheme()) + 1) % THEMES.length]!)
}
