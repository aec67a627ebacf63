import { CHANGES } from './archive-api'

/** One after the other, in this thread. */
export function inTurn() {
  let last: Promise<unknown> = Promise.resolve()
  return <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work, work)
    last = turn.catch(() => {})
    return turn
  }
}

/** One after the other, of all tabs. */
export const acrossTabs = <T>(work: () => Promise<T>): Promise<T> =>
  navigator.locks.request('bitloom archive', work) as Promise<T>

let channel: BroadcastChannel | null = null

/** Of a change of the archive. */
export function tellTabs(): void {
  channel ??= new BroadcastChannel(CHANGES)
  channel.postMessage('changed')
}
