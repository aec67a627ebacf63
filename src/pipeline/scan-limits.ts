import type { SensitivityReport } from '../measurement-records'

/** The widths that a scan allows its units at the least. */
export interface Minimum {
  readonly unit: string
  readonly modules: readonly string[]
  readonly bits: number
  /** What it loses at that width is still more than was allowed: no wider one was tried. */
  readonly beyond: boolean
}

/** The narrowest width of every unit at which its KL is at most `allowed`, in nats a token. */
export function minimumWidths({ records, widths }: SensitivityReport, allowed: number): Minimum[] {
  const ascending = [...widths].sort((a, b) => a - b)
  const units = new Map(records.map(({ unit, modules }) => [unit, modules]))
  return [...units].map(([unit, modules]) => {
    const fits = (bits: number) => records.some((one) => one.unit === unit && one.bits === bits && one.kl <= allowed)
    const bits = ascending.find(fits)
    return { unit, modules, bits: bits ?? ascending.at(-1)!, beyond: bits === undefined }
  })
}

/** Names of linears may hold what a pattern of a limit rule has a meaning for. */
const literal = (name: string): string => name.replace(/[^\w]/g, '\\$&')

/**
 * Minimum widths as the `limits` of a recipe: a rule a module whose minimum is not the narrowest width that was scanned,
 * 'model\.layers\.3\.mlp\.down_proj$: 3-'.
 */
export function limitsText(minima: readonly Minimum[], { widths }: Pick<SensitivityReport, 'widths'>): string {
  const narrowest = Math.min(...widths)
  return minima
    .filter(({ bits }) => bits > narrowest)
    .flatMap(({ modules, bits }) => modules.map((name) => `^${literal(name)}$: ${bits}-`))
    .join(', ')
}

/** What half of the units lose no more than at the narrowest width: an allowance that divides them. */
export function middleLoss({ records, widths }: SensitivityReport): number {
  const narrowest = Math.min(...widths)
  const losses = records.filter(({ bits }) => bits === narrowest).map(({ kl }) => kl)
  const middle = losses.sort((a, b) => a - b)[Math.floor((losses.length - 1) / 2)] ?? 0
  // rounded up, so that the one in the middle is in
  const digit = 10 ** (Math.floor(Math.log10(middle || 1)) - 1)
  return Number((Math.ceil(middle / digit) * digit).toPrecision(2))
}
