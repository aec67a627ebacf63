import { type MatrixChoices, readChoices, startingChoices, writeChoices } from './matrix-choices'
import type { Compared, Measure } from './store'

/** The pages beside the path, by what an address calls them. */
const BESIDE = ['benchmark', 'runs'] as const
export type Beside = (typeof BESIDE)[number]

export const isBeside = (place: string): place is Beside => (BESIDE as readonly string[]).includes(place)

/** What an address may say of the view, "#step-look?module=model.layers.0.mlp.up_proj&measure=bits&compare=1,2&order=norm". */
export interface Address {
  /** A step or a page beside the path by its id; empty where none is named. */
  readonly place: string
  readonly module: string | null
  readonly measure: Measure | null
  readonly compared: Compared | null
  /** Of how a matrix is looked at, what is said. */
  readonly matrix: Partial<MatrixChoices>
}

const MEASURES: Readonly<Record<Measure, true>> = {
  ...{ bits: true, share: true, output: true, weight: true, saliency: true },
  ...{ flips: true, dead: true, damping: true, seconds: true },
}
/** Longer than the name of any tensor that is opened. */
const LONGEST_NAME = 1024

/** Reads the part of an address behind '#'. It may come from anybody: what is not as it should be is left out. */
export function parseAddress(hash: string): Address {
  const [, place = '', query = ''] = /^#?([a-z][a-z-]{0,31})?(?:\?(.*))?$/s.exec(hash) ?? []
  const asked = new URLSearchParams(query)
  const module = asked.get('module')
  const measure = asked.get('measure')
  const runs = /^(\d{1,6}),(\d{1,6})$/.exec(asked.get('compare') ?? '')
  return {
    place,
    module: module && module.length <= LONGEST_NAME ? module : null,
    measure: measure && Object.hasOwn(MEASURES, measure) ? (measure as Measure) : null,
    compared: runs && { a: Number(runs[1]), b: Number(runs[2]) },
    matrix: readChoices(asked),
  }
}

export function formatAddress({ place, module, measure, compared, matrix }: Address): string {
  const query = new URLSearchParams()
  if (module) query.set('module', module)
  if (measure) query.set('measure', measure)
  if (compared && compared.a !== null && compared.b !== null) query.set('compare', `${compared.a},${compared.b}`)
  writeChoices(query, { ...startingChoices, ...matrix })
  const text = query.toString().replaceAll('%2C', ',')
  if (!place && !text) return ''
  return `#${place}${text && `?${text}`}`
}
