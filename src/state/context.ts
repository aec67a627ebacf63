import type { OfflineHost } from '../offline/host'
import type { TextInput } from '../workers/api'
import type { ArchiveApi } from '../workers/archive-api'
import type { EngineHandle } from '../workers/client'
import type { HubAccess } from '../workers/hub-api'
import { type FetchText, textPath } from './catalog'
import { failureFrom, isCancelled, isLost } from './failure'
import { type Hub, hubTexts } from './hub'
import type { Busy, Place, StudioState, StudioStore } from './store'
import type { UndoDesk } from './undo'

/** What the page is given from outside: tests give their own. */
export interface Host {
  connect(): EngineHandle
  readonly fetchText: FetchText
  readonly now: () => number
  /** Fractions of milliseconds since 1970, as the engine's worker counts them; and when the page was opened. */
  readonly clock: { readonly openedAt: number; now(): number }
  /** Writes a stream to where the person chose; resolves false when they changed their mind. */
  save(stream: () => Promise<SaveStream>, suggestedName: string, onBytes: (bytes: number) => void): Promise<boolean>
  /** Another server on this machine in place of the Hub, for tests. */
  readonly hubStandIn?: string | null
  /** Absent where the browser cannot keep the page. */
  readonly offline?: OfflineHost | undefined
  /** Puts a text on the clipboard. */
  copy(text: string): Promise<void>
  /** What browsers tell of their storage and promise of it; tests may lack it. */
  readonly browser?: BrowserHost
}

export interface BrowserHost {
  /** Name and version, and the system: "Chrome 141, Linux". */
  readonly name: string
  room(): Promise<{ readonly usage: number; readonly quota: number; readonly persisted: boolean } | null>
  /** Asks for storage that the browser does not clear by itself; whether it is granted. */
  persist(): Promise<boolean>
  /** Small settings that outlive the tab; null where there are none. */
  recall(key: string): string | null
  remember(key: string, value: string): void
  /** Told whenever this tab or another has changed the kept runs. */
  onArchiveChange(listen: () => void): void
}

export interface SaveStream {
  readonly name: string
  readonly stream: ReadableStream<Uint8Array>
  readonly size: number | null
}

/** What the actions share: the store, the engine in use, and things that are no plain records. */
export interface Context {
  readonly store: StudioStore
  readonly host: Host
  engine: EngineHandle
  /** How to open again what is open, after the engine was restarted. */
  reopen: (() => Promise<void>) | null
  readonly ownTexts: Map<string, string>
  /** By the names of the files. */
  readonly taskFiles: Map<string, File>
  /** Runs of this tab where the browser keeps nothing; null where the engine's archive does. */
  archive: ArchiveApi | null
  /** For the Hub; in memory only, never in the store. */
  hubToken: string | null
  readonly undoing: UndoDesk
}

export const patch = (context: Context, part: Partial<StudioState>): void => context.store.setState(part)

export function setFailure(context: Context, place: Place, error: unknown): void {
  const { failures } = context.store.getState()
  patch(context, { failures: { ...failures, [place]: error === null ? undefined : failureFrom(error) } })
}

/**
 * Does one thing with the engine for one place: refuses a second, shows what failed in its place, and notices when the
 * engine itself is gone. Resolves to whether it went through.
 */
export async function occupy(context: Context, place: Place, busy: Busy, work: () => Promise<void>): Promise<boolean> {
  if (context.store.getState().busy) return false
  setFailure(context, place, null)
  patch(context, { busy })
  const engine = context.engine
  try {
    await work()
    return true
  } catch (error) {
    if (engine !== context.engine) return false
    if (isLost(error)) markLost(context, error)
    if (!isCancelled(error)) setFailure(context, place, error)
    return false
  } finally {
    if (engine === context.engine) patch(context, { busy: null, work: null })
  }
}

export function markLost(context: Context, error: unknown): void {
  const { result } = context.store.getState()
  patch(context, {
    engine: { status: 'lost', failure: failureFrom(error) },
    result: result && { ...result, alive: false },
  })
}

/** A text by the name that recipes use: the person's own file, or one that ships with the page. */
export async function textNamed(context: Context, name: string): Promise<TextInput> {
  const own = context.ownTexts.get(name)
  if (own !== undefined) return { name, text: own }
  if (name.startsWith('hub:')) return textOfHub(context, name)
  const bundled = context.store.getState().catalog.texts.find((text) => text.name === name)
  if (!bundled) throw new Error(`text: expected one of the page's own or a loaded file, got '${name}' — load that file`)
  return { name, text: await context.host.fetchText(textPath(bundled)) }
}

export const accessOf = ({ hubToken, host }: Context): HubAccess => ({
  token: hubToken,
  standIn: host.hubStandIn ?? null,
})

export const patchHub = (context: Context, part: Partial<Hub>): void =>
  patch(context, { hub: { ...context.store.getState().hub, ...part } })

/** Of removals: all that is kept from the Hub. */
export const EVERYTHING = 'hub'

/** What is kept from the Hub now. */
export async function refreshHub(context: Context): Promise<void> {
  const { models, bytes } = await context.engine.api.hub.cached()
  const { isRemoved } = context.undoing
  if (isRemoved(EVERYTHING)) return patchHub(context, { cached: [], bytes: 0 })
  const cached = models.filter(({ folder }) => !isRemoved(`hub/${folder}`))
  const gone = models.filter((model) => !cached.includes(model)).reduce((sum, model) => sum + model.bytes, 0)
  patchHub(context, { cached, bytes: bytes - gone })
}

/** A text of the Hub; downloaded the first time, and shown while it is. */
async function textOfHub(context: Context, name: string): Promise<TextInput> {
  const title = hubTexts.find((text) => text.name === name)?.title ?? name
  try {
    const text = await context.engine.api.hub.text(name, accessOf(context), (done, total) =>
      patchHub(context, { text: { name: title, done, total } }),
    )
    await refreshHub(context)
    return text
  } finally {
    patchHub(context, { text: null })
  }
}
