import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { StorageError } from '../errors'
import { saveStream } from './save'

const pieces = [new Uint8Array([1, 2, 3]), new Uint8Array([4])]
const open = async () => ({
  name: 'real.bin',
  size: 4,
  stream: new Blob(pieces).stream() as ReadableStream<Uint8Array>,
})

describe('with a file picker', () => {
  const picker = vi.fn()
  beforeEach(() => Object.assign(window, { showSaveFilePicker: picker }))
  afterEach(() => Object.assign(window, { showSaveFilePicker: undefined }))

  it('asks for the place first, then writes every byte and says how many', async () => {
    const written: number[] = []
    const counts: number[] = []
    picker.mockResolvedValue({
      createWritable: async () => new WritableStream<Uint8Array>({ write: (chunk) => void written.push(...chunk) }),
    })
    expect(await saveStream(open, 'wanted.bin', (bytes) => counts.push(bytes))).toBe(true)
    expect(picker).toHaveBeenCalledWith({ suggestedName: 'wanted.bin' })
    expect(written).toEqual([1, 2, 3, 4])
    expect(counts.at(-1)).toBe(4)
  })

  it('does nothing when the person changes their mind', async () => {
    picker.mockRejectedValue(new DOMException('closed', 'AbortError'))
    const opened = vi.fn(open)
    expect(await saveStream(opened, 'x', () => {})).toBe(false)
    expect(opened).not.toHaveBeenCalled()
  })

  it('names a full disk as what it is', async () => {
    picker.mockResolvedValue({
      createWritable: async () =>
        new WritableStream<Uint8Array>({
          write: () => {
            throw new DOMException('disk full', 'QuotaExceededError')
          },
        }),
    })
    await expect(saveStream(open, 'x', () => {})).rejects.toThrow(StorageError)
  })
})

it('downloads where there is no picker', async () => {
  const made = vi.spyOn(URL, 'createObjectURL').mockReturnValue('blob:x')
  const clicked = vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(() => {})
  expect(await saveStream(open, 'x', () => {})).toBe(true)
  expect((made.mock.calls[0]![0] as Blob).size).toBe(4)
  expect((clicked.mock.contexts[0] as HTMLAnchorElement).download).toBe('real.bin')
})
