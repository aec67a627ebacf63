import * as Comlink from 'comlink'
import { errorFrom } from '../errors'

/** What comlink puts on the wire for something thrown. */
type Thrown =
  | { readonly isError: true; readonly value: { name: string; message: string; stack?: string } }
  | { readonly isError: false; readonly value: unknown }

/**
 * Lets typed errors survive the thread crossing: comlink rebuilds every error as a plain `Error` and so loses its
 * family. Both sides call this once, before they expose or wrap anything.
 */
export function keepErrorFamilies(): void {
  const plain = Comlink.transferHandlers.get('throw')
  if (!plain) throw new Error('bug in Bitloom: comlink no longer has a handler for thrown values')
  Comlink.transferHandlers.set('throw', { ...plain, deserialize: (thrown) => raise(thrown as Thrown) })
}

function raise(thrown: Thrown): never {
  throw thrown.isError ? errorFrom(thrown.value) : thrown.value
}
