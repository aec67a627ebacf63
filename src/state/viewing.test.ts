import { expect, it } from 'vitest'
import { fakeStudio } from '../../test/studio'

it('opens a pile for looking, which is then no model, and opens a model in its place', async () => {
  const studio = fakeStudio()
  const state = studio.store.getState
  await studio.boot()
  await studio.openBundled('wren-nano')
  expect(state().view).toMatchObject({ facts: { name: 'wren-nano' }, reason: null })
  await studio.offer([new File(['x'], 'model.safetensors')])
  expect(state()).toMatchObject({ opening: { status: 'incomplete' }, view: { facts: { name: 'wren-nano' } } })
  await studio.lookAtPile()
  expect(state()).toMatchObject({ opening: { status: 'idle' }, model: null, run: null, result: null })
  expect(state().view).toMatchObject({ facts: { name: 'alone' }, reason: 'config.json is missing' })
  expect(studio.baseName()).toBe('alone')
  await studio.restart()
  expect(state().view).toMatchObject({ facts: { name: 'alone' } })
  await studio.openBundled('wren-nano')
  expect(state()).toMatchObject({ model: { inspection: { name: 'wren-nano' } }, view: { reason: null } })
})
