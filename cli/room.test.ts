import { describe, expect, it } from 'vitest'
import { assumedGpu } from '../src/gpu/device'
import { UsageError } from './command'
import { bytesOf, roomOf } from './room'

const none = { 'gpu-memory': undefined, 'host-memory': undefined, scratch: undefined }

describe('room for a run', () => {
  it.each([
    ['512M', 512 * 2 ** 20],
    ['8G', 8 * 2 ** 30],
    ['1.5GiB', 1.5 * 2 ** 30],
    ['100 kb', 102400],
    ['7', 7],
  ])('reads %s', (text, bytes) => expect(bytesOf(text, 'here')).toBe(bytes))

  it.each(['', 'G', '-1G', '0', '1e9', '8 GB of it'])('refuses %j', (text) => {
    expect(() => bytesOf(text, 'here')).toThrow(UsageError)
  })

  it('is firm where it is stated, and half of what is available where it is not', async () => {
    const stated = await roomOf('quantize', { ...none, 'gpu-memory': '8G' }, assumedGpu)
    expect(stated.gpu).toEqual({ bytes: 8 * 2 ** 30, firm: true })
    expect(stated.host?.firm).toBe(false)
    expect((await roomOf('quantize', none, assumedGpu)).gpu).toBeNull()
    const software = await roomOf('quantize', none, { ...assumedGpu, software: true })
    expect(software.gpu?.firm).toBe(false)
    expect(software.disk?.bytes).toBeGreaterThan(0)
  })
})
