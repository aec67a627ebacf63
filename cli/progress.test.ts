import { expect, it } from 'vitest'
import { fakeTraining } from '../test/fake-allocation'
import { trainingLine } from './progress'

it('tells learning on one line: the last recorded step', () => {
  expect(trainingLine('model.layers.0.mlp.up_proj', 300, fakeTraining(300, 2.5, 120))).toMatch(
    /^model\.layers\.0\.mlp\.up_proj {2}step 120\/300 {2}loss \d\.\d\de-\d {2}mean bits 2\.\d{3} {2}entropy \d\.\d\d$/,
  )
  expect(trainingLine('q', 300, fakeTraining(300, 2.5, 0))).toBe('q  learning, 300 steps')
})
