import { useEffect } from 'react'
import { type Address, formatAddress, isBeside, parseAddress } from '../state/address'
import { startingChoices } from '../state/matrix-choices'
import type { StudioState } from '../state/store'
import type { Studio } from '../state/studio'
import { useStudio } from './studio-context'

/**
 * Keeps the view in the address and the address in the view: Back and Forward go from one look to the other, and a link opens
 * the same one as soon as the model and its runs are there.
 */
export function useAddress(): void {
  const studio = useStudio()
  useEffect(() => bindAddress(studio), [studio])
}

/** Entries of the history that were written here, not by a link of the page or by hand. */
const OURS = { bitloom: true }

function bindAddress(studio: Studio): () => void {
  const { store } = studio
  /** What the address asks for and is not there yet. */
  let wanted: Pick<Address, 'module' | 'compared'> = { module: null, compared: null }
  let following = false

  const place = () => parseAddress(location.hash).place

  const meet = (state: StudioState) => {
    const { module, compared } = wanted
    if (module && state.model?.plan.some(({ name }) => name === module)) {
      wanted = { ...wanted, module: null }
      if (state.selected !== module) studio.select(module)
    }
    const has = (number: number | null) => state.runs.some(({ run }) => run === number)
    if (compared && has(compared.a) && has(compared.b)) {
      wanted = { ...wanted, compared: null }
      studio.compare(compared)
    }
  }

  /** Does what must not be written as if the person had done it. */
  const quietly = (work: () => void) => {
    following = true
    work()
    following = false
  }

  const write = (how: 'pushState' | 'replaceState', where = place()) => {
    const { selected, measure, compared, matrix } = store.getState()
    const hash = formatAddress({
      place: where,
      module: wanted.module ?? selected,
      measure,
      compared: wanted.compared ?? compared,
      matrix,
    })
    if (hash !== location.hash) history[how](OURS, '', hash || `${location.pathname}${location.search}`)
  }

  const follow = () => {
    const address = parseAddress(location.hash)
    const { measure } = store.getState()
    wanted = { module: address.module, compared: address.compared }
    quietly(() => {
      if (address.measure && address.measure !== measure) studio.showMeasure(address.measure)
      // of a link, only what it says; an entry of ours is all that was chosen
      if (history.state?.bitloom || Object.keys(address.matrix).length > 0)
        studio.showMatrix({ ...startingChoices, ...address.matrix })
      meet(store.getState())
    })
    // a link within the page says where, not what to look at
    if (!history.state?.bitloom) {
      write('replaceState')
      document.getElementById(address.place)?.scrollIntoView({ block: 'start' })
    }
  }

  const unsubscribe = store.subscribe((state, before) => {
    if (state.model !== before.model || state.runs !== before.runs) quietly(() => meet(state))
    const changed =
      state.selected !== before.selected ||
      state.measure !== before.measure ||
      state.compared !== before.compared ||
      state.matrix !== before.matrix
    if (!changed || following) return
    // a run and a model just opened choose for themselves
    const chosen = state.busy === before.busy && state.model === before.model && before.selected !== null
    if (chosen) wanted = { module: null, compared: wanted.compared }
    write(chosen && state.busy !== 'run' && state.busy !== 'open' ? 'pushState' : 'replaceState')
  })

  /** Where somebody scrolled to is where a reload brings them back. */
  const settle = () => {
    const step = stepInView()
    if (step && store.getState().model && !isBeside(place()) && document.querySelector('main:not([hidden]) .step'))
      write('replaceState', step)
  }

  follow()
  window.addEventListener('popstate', follow)
  window.addEventListener('scrollend', settle)
  return () => {
    unsubscribe()
    window.removeEventListener('popstate', follow)
    window.removeEventListener('scrollend', settle)
  }
}

/** The step at the top of the window, by its id. */
export function stepInView(): string | null {
  const line = Math.max(80, innerHeight / 4)
  const steps = [...document.querySelectorAll<HTMLElement>('main:not([hidden]) > .step[id]')]
  return steps.findLast((step) => step.getBoundingClientRect().top <= line)?.id ?? null
}
