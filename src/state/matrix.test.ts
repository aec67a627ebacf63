import { expect, it } from 'vitest'
import { fakeEngine } from '../../test/fake-engine'
import { fakeMatrix } from '../../test/fake-matrix'
import { keptRun } from '../../test/kept-run'
import { studioOn, workerOf } from '../../test/studio'
import { otherOf } from './matrix'

async function comparing() {
  const { store } = await keptRun(192)
  const studio = studioOn({ connect: () => workerOf({ ...fakeEngine({ layers: 1 }), matrix: fakeMatrix(1, store) }) })
  await studio.boot()
  await studio.openBundled('wren-3m')
  expect(await studio.compareMatrices({ name: 'run 2', folder: 'abc' })).toBe(true)
  return { studio, state: studio.store.getState }
}

it('keeps the other result where something else fails', async () => {
  const { studio, state } = await comparing()
  expect(await studio.matrixRows('no.such.matrix')).toBeNull()
  expect(state().failures.look).toBeDefined()
  expect(otherOf(state())).toBe('run 2')
  expect(await studio.compareMatrices({ name: 'run 3', folder: 'absent' })).toBe(false)
  expect(otherOf(state())).toBe('run 2')
})

it('knows of no other result in an engine that was started anew', async () => {
  const { studio, state } = await comparing()
  await studio.restart()
  expect(otherOf(state())).toBeNull()
})
