import { expect, it } from 'vitest'
import { tinyConfig } from '../../../test/tiny-checkpoint'
import { specFromConfig } from '../../models/spec'
import type { Work } from '../work'
import { schema } from './options'
import { tesseraqWork } from './work'

const spec = specFromConfig(tinyConfig)
const calibration = { samples: 12, length: 16 }
/** A step: the block there and back and the loss, and a learner for every linear. */
const steps = ({ dispatches }: Work) => dispatches / (45 + spec.linears.length)
const work = (options: Record<string, unknown>) => tesseraqWork(schema.parse(options), spec, calibration)

it('counts the steps of all rounds in all blocks, and the search for where to start', () => {
  const plain = work({ init: 'none' })
  expect(steps(plain)).toBe(3 * 20 * 25)
  expect(steps(work({ init: 'none', rounds: 10 }))).toBe(3 * 10 * 25)
  const [clip, awq, omniquant] = [work({ init: 'clip' }), work({ init: 'awq' }), work({ init: 'omniquant' })]
  expect(clip.flops).toBeGreaterThan(plain.flops)
  expect(awq.flops).toBeGreaterThan(clip.flops)
  // 40 epochs of 12 windows each in all 3 blocks
  expect(steps(omniquant) - steps(plain)).toBe(3 * 40 * 12)
  expect(steps(work({ init: 'omniquant', bits: 3 })) - steps(plain)).toBe(3 * 20 * 12)
  // widths of MG-PTQ start from searched ranges, with AWQ's scales where they are asked for
  expect(work({ allocation: 'mg-ptq' })).toEqual(plain)
  expect(work({ allocation: 'mg-ptq', scaling: true }).flops).toBeGreaterThan(plain.flops)
})
