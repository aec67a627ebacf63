import { type ComponentType, lazy, type ReactNode, Suspense, useState } from 'react'
import { Boundary } from './Boundary'

const loads: (() => Promise<unknown>)[] = []

/** Fetches the scripts of all parts that come later, so that none has to when its turn comes. */
export const preload = (): Promise<unknown> => Promise.all(loads.map((load) => load()))

/** A part of the page whose script is fetched when it is shown for the first time; `waiting` stands in its place until then. */
export function later(fetchPart: () => Promise<ComponentType>, waiting: ReactNode): ComponentType {
  let here: ComponentType | null = null
  const load = async () => {
    here = await fetchPart()
    return { default: here }
  }
  loads.push(load)
  const Loaded = lazy(load)

  function Part() {
    const [Shown] = useState(() => here ?? Loaded)
    return <Shown />
  }
  return () => (
    <Boundary>
      <Suspense fallback={waiting}>
        <Part />
      </Suspense>
    </Boundary>
  )
}
