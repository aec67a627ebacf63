import { plural } from './counts'
import { MEASURE_WORDS } from './model-map'

/** The table of the linear layers. */
export const modulesWords = {
  label: 'Modules',
  none: 'none',
  columns: {
    name: 'Module',
    shape: 'Out × in',
    bits: 'Bits',
    output: MEASURE_WORDS.output.title,
    weight: MEASURE_WORDS.weight.title,
    damping: MEASURE_WORDS.damping.title,
    flips: 'Unlike nearest',
    seconds: 'Time',
    warnings: 'Notes',
  },
  dead: (columns: number) => plural(columns, 'dead column'),
}
