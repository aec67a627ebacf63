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

it('has a matrix read when it is chosen, while there is a result and nothing else is at work', async () => {
  const read: string[] = []
  const open = async (module: string) => void read.push(module)
  const matrix = Object.assign(fakeMatrix(1), { open })
  const studio = studioOn({ connect: () => workerOf({ ...fakeEngine({ layers: 1 }), matrix }) })
  await studio.boot()
  await studio.openBundled('wren-3m')
  const [first, second] = studio.store.getState().model!.plan
  studio.select(first!.name)
  studio.chooseMethod('rtn')
  const run = studio.run()
  studio.select(second!.name)
  await run
  expect(read).toEqual([])
  studio.select(first!.name)
  expect(read).toEqual([first!.name])
  expect(studio.store.getState().selected).toBe(first!.name)
})
