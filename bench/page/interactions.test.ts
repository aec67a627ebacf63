import { expect, it } from 'vitest'
import { interactions } from './interactions.mjs'

const event = (name: string, interactionId: number, duration: number) => ({ name, interactionId, duration })

it('counts an interaction once, as long as its longest event', () => {
  const events = [
    event('pointerdown', 7, 16),
    event('pointerup', 7, 24),
    event('click', 7, 24),
    event('keydown', 14, 48),
    event('pointerenter', 0, 96),
  ]
  expect(interactions(events, 2)).toEqual({ count: 2, untold: 0, durations: [24, 48], worst: events[3] })
})

it('takes those that the browser did not tell of for none', () => {
  const { count, untold, durations } = interactions([event('click', 7, 32)], 3)
  expect({ count, untold, durations }).toEqual({ count: 3, untold: 2, durations: [0, 0, 32] })
  expect(interactions([], 0)).toEqual({ count: 0, untold: 0, durations: [], worst: null })
})

it('never counts fewer than it was told of', () => {
  expect(interactions([event('click', 7, 32), event('keydown', 8, 16)], 1).count).toBe(2)
})
