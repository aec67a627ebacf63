import { expect, it } from 'vitest'
import { fakeTraining } from '../test/fake-allocation'
import { fakeReconstruction } from '../test/fake-reconstruction'
import { atMostEvery, reconstructionLine, trainingLine } from './progress'

it('tells learning on one line: the last recorded step', () => {
  expect(trainingLine('model.layers.0.mlp.up_proj', 300, fakeTraining(300, 2.5, 120))).toMatch(
    /^model\.layers\.0\.mlp\.up_proj {2}step 120\/300 {2}loss \d\.\d\de-\d {2}mean bits 2\.\d{3} {2}entropy \d\.\d\d$/,
  )
  expect(trainingLine('q', 300, fakeTraining(300, 2.5, 0))).toBe('q  learning, 300 steps')
})

it('tells a reconstruction on one line: the last recorded step, with the last count of codes', () => {
  const line = (recorded: number) => reconstructionLine('block 3 of 10', 500, fakeReconstruction(500, recorded))
  expect(line(251)).toMatch(/^block 3 of 10: step 251 of 500, loss 0\.0\d+, 25 % soft, 6\.0 % flipped$/)
  expect(line(1)).toMatch(/^block 3 of 10: step 1 of 500, loss 0\.0\d+, 85 % soft$/)
  expect(line(0)).toBe('block 3 of 10: reconstruction, 500 steps')
})

it('lets a line through now and then', () => {
  let time = 0
  const due = atMostEvery(2000, () => time)
  const told = [0, 500, 1999, 2000, 2001, 9000].map((at) => {
    time = at
    return due()
  })
  expect(told).toEqual([true, false, false, true, false, true])
})
