import { StorageError } from '../errors'
import type { SaveStream } from '../state/context'

/** The part of the File System Access API used here; Chromium only, so it may be missing. */
interface SavePicker {
  showSaveFilePicker?: (options: { suggestedName: string }) => Promise<{
    createWritable(): Promise<WritableStream<Uint8Array>>
  }>
}

/**
 * Writes a stream to a file: straight to disk where the browser can, else as a download. Asks for the place first,
 * because a browser lets a page ask only right after a click. Resolves false when the person cancelled.
 */
export async function saveStream(
  open: () => Promise<SaveStream>,
  suggestedName: string,
  onBytes: (bytes: number) => void,
): Promise<boolean> {
  const picker = (window as SavePicker).showSaveFilePicker
  if (!picker) {
    const { name, stream } = await open()
    download(name, await new Response(stream.pipeThrough(counting(onBytes))).blob())
    return true
  }
  const place = await picker.call(window, { suggestedName }).catch((error: Error) => {
    if (error.name === 'AbortError') return null
    throw error
  })
  if (!place) return false
  const { stream } = await open()
  try {
    await stream.pipeThrough(counting(onBytes)).pipeTo(await place.createWritable())
  } catch (error) {
    if (!(error instanceof DOMException)) throw error
    throw new StorageError(
      `save: expected room to write, got '${error.message}' — free some space or choose another place`,
    )
  }
  return true
}

function counting(onBytes: (bytes: number) => void): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let bytes = 0
  return new TransformStream({
    transform(chunk, controller) {
      bytes += chunk.byteLength
      onBytes(bytes)
      controller.enqueue(chunk)
    },
  })
}

/** Saves a picture under a name that its type ends. */
export const savePicture =
  (name: string) =>
  (picture: Promise<Blob>): void =>
    void picture.then((blob) => download(`${name}.${blob.type === 'image/svg+xml' ? 'svg' : 'png'}`, blob))

/** Time a browser gets to take over a download before its address is withdrawn. */
const TAKEOVER_MS = 60_000

function download(name: string, blob: Blob): void {
  const address = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), TAKEOVER_MS)
}
