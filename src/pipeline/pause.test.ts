import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { CancelledError } from '../errors'
import { PauseSwitch } from './pause'

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
afterEach(() => void vi.useRealTimers())

/** Whether `waiting` is over by now. */
const isOver = (waiting: Promise<void>) =>
  Promise.race([waiting.then(() => true), new Promise<boolean>((done) => setTimeout(() => done(false)))])

describe('a pause', () => {
  it('lasts until it is taken back, and its time does not count', async () => {
    const pause = new PauseSwitch()
    const started = pause.now()
    vi.advanceTimersByTime(10)
    pause.pause()
    const waiting = pause.wait()
    expect(pause.paused).toBe(true)
    expect(await isOver(waiting)).toBe(false)
    vi.advanceTimersByTime(5000)
    expect(pause.now() - started).toBe(10)
    pause.resume()
    await waiting
    vi.advanceTimersByTime(7)
    expect(pause.now() - started).toBe(17)
  })

  it('goes on when it is wanted again before anybody woke up', async () => {
    const pause = new PauseSwitch()
    pause.pause()
    const waiting = pause.wait()
    pause.resume()
    pause.pause()
    expect(await isOver(waiting)).toBe(false)
    pause.resume()
    expect(await isOver(waiting)).toBe(true)
  })

  it('holds nobody up where nobody wants one', async () => {
    expect(await isOver(new PauseSwitch().wait())).toBe(true)
  })

  it('ends when the run is cancelled, before or meanwhile', async () => {
    const pause = new PauseSwitch()
    pause.pause()
    const stop = new AbortController()
    const waiting = pause.wait(stop.signal)
    expect(await isOver(waiting)).toBe(false)
    stop.abort()
    await expect(waiting).rejects.toThrow(CancelledError)
    await expect(pause.wait(stop.signal)).rejects.toThrow(CancelledError)
  })
})
