import { expect, it } from 'vitest'
import { Pace } from './pace'

it('tells speed and time left from the last seconds', () => {
  let now = 0
  const pace = new Pace(() => now)
  expect(pace.tell(5e6, 100e6)).toBeNull()
  for (now = 1000; now < 20_000; now += 1000) pace.tell(5e6 + now * 1000, 100e6)
  expect(pace.tell(25e6, 100e6)).toMatchObject({
    bytesPerSecond: expect.closeTo(1e6, -5),
    secondsLeft: expect.closeTo(75, -1),
  })
  // the connection slows down: what was long ago no longer counts
  for (let i = 0; i < 20; i++, now += 1000) pace.tell(25e6 + i * 1e5, 100e6)
  expect(pace.tell(27e6, 100e6)!.bytesPerSecond).toBeCloseTo(1e5, -5)
})

it('forgets what was before a file starts over', () => {
  let now = 0
  const pace = new Pace(() => now)
  pace.tell(50e6, 100e6)
  now = 1000
  pace.tell(60e6, 100e6)
  now = 2000
  expect(pace.tell(10e6, 100e6)).toBeNull()
})
