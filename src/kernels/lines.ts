import affine from '../../shaders/lib/affine.wgsl?raw'
import levels from '../../shaders/lib/levels.wgsl?raw'
import rangeLines from '../../shaders/lib/range_lines.wgsl?raw'
import ranges from '../../shaders/lib/ranges.wgsl?raw'
import stepLines from '../../shaders/lib/step_lines.wgsl?raw'

/** What the two numbers of a (row, group) say of its levels: step and zero, or low and range of all levels. */
export type Lines = 'steps' | 'ranges'

const sources: Readonly<Record<Lines, readonly string[]>> = {
  steps: [levels, stepLines],
  ranges: [affine, ranges, rangeLines],
}

/** A kernel for both: its source finds codes by `code_on` and levels by `level_on`. */
export function byLines<K>(make: (lines: readonly string[], suffix: string) => K): (lines: Lines) => K {
  const kernels = { steps: make(sources.steps, ''), ranges: make(sources.ranges, ' on ranges') }
  return (lines) => kernels[lines]
}
