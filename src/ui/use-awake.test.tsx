import { act, cleanup, render } from '@testing-library/react'
import { afterEach, expect, it, vi } from 'vitest'
import { useAwake } from './use-awake'

afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

function Awake({ active }: { active: boolean }) {
  useAwake(active)
  return null
}

/** A browser's wake lock; what is held of it. */
function fakeLock(refuse = false) {
  const held = new Set<object>()
  const request = vi.fn(async () => {
    if (refuse) throw new DOMException('battery', 'NotAllowedError')
    const sentinel = {
      released: false,
      async release() {
        sentinel.released = true
        held.delete(sentinel)
      },
    }
    held.add(sentinel)
    return sentinel
  })
  Object.defineProperty(navigator, 'wakeLock', { value: { request }, configurable: true })
  return { held, request }
}

const show = (state: 'visible' | 'hidden') => {
  Object.defineProperty(document, 'visibilityState', { value: state, configurable: true })
  return act(async () => void document.dispatchEvent(new Event('visibilitychange')))
}

it('holds one lock while active and in view, and takes another when the page comes back', async () => {
  const { held, request } = fakeLock()
  const { rerender, unmount } = render(<Awake active={false} />)
  expect(request).not.toHaveBeenCalled()
  await act(async () => rerender(<Awake active />))
  expect(held.size).toBe(1)
  await show('visible')
  expect(request).toHaveBeenCalledTimes(1)
  // as the browser does when the page is hidden
  for (const sentinel of held) await (sentinel as WakeLockSentinel).release()
  await show('hidden')
  expect(held.size).toBe(0)
  await show('visible')
  expect(held.size).toBe(1)
  await act(async () => rerender(<Awake active={false} />))
  expect(held.size).toBe(0)
  await show('visible')
  expect(request).toHaveBeenCalledTimes(2)
  unmount()
})

it('does without where the browser refuses, and lets go of what comes too late', async () => {
  const refused = fakeLock(true)
  const first = render(<Awake active />)
  await show('visible')
  expect(refused.request).toHaveBeenCalled()
  first.unmount()
  const { held } = fakeLock()
  const second = render(<Awake active />)
  second.unmount()
  await act(async () => {})
  expect(held.size).toBe(0)
})
