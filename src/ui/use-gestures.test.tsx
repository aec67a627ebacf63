import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { useRef } from 'react'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { useGestures } from './use-gestures'

afterEach(cleanup)

let done: (readonly [what: string, ...numbers: number[]])[]
beforeEach(() => {
  done = []
})

function Surface() {
  const host = useRef<HTMLDivElement>(null)
  const gestures = useGestures(host, {
    zoom: (factor, { x, y }) => done.push(['zoom', factor, x, y]) > 0,
    pan: (dx, dy) => done.push(['pan', dx, dy]),
    picks: ({ y }) => y < 10,
    picking: () => {},
    picked: (from, to) => done.push(['picked', from.x, to.x]),
    tap: ({ x, y }) => done.push(['tap', x, y]),
  })
  return <div ref={host} data-testid="map" {...gestures} />
}

type What = 'pointerDown' | 'pointerMove' | 'pointerUp' | 'pointerCancel'

/** What fingers do, one after the other. */
function fingers(...moves: readonly (readonly [What, id: number, x: number, y: number])[]) {
  render(<Surface />)
  const map = screen.getByTestId('map')
  map.setPointerCapture = () => {}
  for (const [what, pointerId, clientX, clientY] of moves)
    fireEvent[what](map, { pointerId, clientX, clientY, button: 0 })
  return done
}

describe('gestures', () => {
  it('are a tap where a finger hardly moves, a move where it does, a range where one is picked', () => {
    expect(fingers(['pointerDown', 1, 50, 50], ['pointerMove', 1, 52, 51], ['pointerUp', 1, 52, 51])).toEqual([
      ['tap', 50, 50],
    ])
    done = []
    cleanup()
    expect(fingers(['pointerDown', 1, 50, 50], ['pointerMove', 1, 70, 40], ['pointerUp', 1, 70, 40])).toEqual([
      ['pan', 20, -10],
    ])
    done = []
    cleanup()
    expect(fingers(['pointerDown', 1, 50, 5], ['pointerMove', 1, 90, 5], ['pointerUp', 1, 90, 5])).toEqual([
      ['picked', 50, 90],
    ])
  })

  it('zoom by the distance of two fingers, around their middle', () => {
    expect(fingers(['pointerDown', 1, 40, 50], ['pointerDown', 2, 60, 50], ['pointerMove', 2, 80, 50])).toEqual([
      ['pan', 10, 0],
      ['zoom', 0.5, 60, 50],
    ])
  })

  it('go on with the finger that stays, from where it is', () => {
    const two = fingers(
      ['pointerDown', 1, 40, 50],
      ['pointerDown', 2, 60, 50],
      ['pointerMove', 2, 80, 50],
      ['pointerUp', 2, 80, 50],
      ['pointerMove', 1, 43, 50],
      ['pointerUp', 1, 43, 50],
    )
    expect(two.slice(2)).toEqual([['pan', 3, 0]])
  })

  it('choose nothing where the browser takes them for scrolling', () => {
    expect(fingers(['pointerDown', 1, 50, 50], ['pointerCancel', 1, 50, 50])).toEqual([])
  })
})
