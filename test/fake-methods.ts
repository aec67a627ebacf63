import type { MethodDescription, OptionDescription } from '../src/workers/api'
import { fakeAllocation } from './fake-allocation'
import { fakeReconstructing } from './fake-reconstruction'

const bits: OptionDescription = {
  key: 'bits',
  label: 'Bits',
  help: 'Width of every code.',
  advanced: false,
  type: 'choice',
  choices: [1, 2, 3, 4, 5, 6, 8].map((value) => ({ value, label: String(value) })),
  default: 4,
}
const groupSize: OptionDescription = {
  key: 'groupSize',
  label: 'Group size',
  help: 'Columns that share a scale; smaller groups cost more scale bits and lose less.',
  advanced: false,
  type: 'choice',
  choices: [-1, 32, 64, 128].map((value) => ({ value, label: value < 0 ? 'per row' : String(value) })),
  default: 128,
}
const symmetric: OptionDescription = {
  key: 'symmetric',
  label: 'Symmetric',
  help: 'No zero point: the grid is centred on zero.',
  advanced: true,
  type: 'boolean',
  default: false,
}
const actOrder: OptionDescription = {
  key: 'actOrder',
  label: 'Activation order',
  help: 'Columns with the largest inputs first, with static groups.',
  advanced: false,
  type: 'boolean',
  default: false,
}
const damping: OptionDescription = {
  key: 'damping',
  label: 'Damping',
  help: 'Added to the Hessian before it is factored, as a share of its mean diagonal.',
  advanced: true,
  type: 'number',
  min: 0.0001,
  max: 1,
  step: 0.0001,
  default: 0.01,
}

/** Methods shaped like the real ones: what forms and recipes are tested against. */
export const fakeMethods: readonly MethodDescription[] = [
  {
    id: 'rtn',
    title: 'RTN',
    summary: 'Round to nearest: no calibration.',
    needsCalibration: false,
    options: [bits, groupSize, symmetric],
    presets: [],
  },
  {
    id: 'gptq',
    title: 'GPTQ',
    summary: 'Rounds column by column and moves the error onto the columns still to come.',
    needsCalibration: true,
    options: [bits, groupSize, actOrder, symmetric, damping],
    presets: [],
  },
  fakeAllocation,
  fakeReconstructing(bits, groupSize),
]
