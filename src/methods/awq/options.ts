import { z } from 'zod'
import { described, gridOptions } from '../options'

export const schema = z.strictObject({
  bits: gridOptions.bits,
  groupSize: gridOptions.groupSize,
  grid: gridOptions.grid,
  search: described(z.enum(['both', 'scales', 'clips', 'none']).default('both'), {
    label: 'Search',
    help: 'What is searched: scales that enlarge columns where inputs are loud, how far each range is drawn in, or both.',
    choices: { both: 'scales, then clips', none: 'nothing, plain rounding' },
  }),
})
export type AwqOptions = z.infer<typeof schema>

export const searchesScales = ({ search }: AwqOptions): boolean => search === 'both' || search === 'scales'
export const searchesClips = ({ search }: AwqOptions): boolean => search === 'both' || search === 'clips'
