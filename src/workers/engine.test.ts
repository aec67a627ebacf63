import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { createEngine } from './engine'
import { EngineDevice } from './engine-device'

const MODEL = `${import.meta.dirname}/../../public/models/wren-nano`
const files = (...names: string[]) => names.map((name) => new File([readFileSync(`${MODEL}/${name}`)], name))

it('opens a model without a GPU, called after its folder or else after its weights', async () => {
  const engine = createEngine(new EngineDevice(undefined))
  const nameOf = async (folder: string | null) => {
    const result = await engine.offerFiles(files('config.json', 'tokenizer.json', 'model.safetensors'), true, folder)
    return result.state === 'ready' ? result.inspection.name : result
  }
  expect(await nameOf('my-wren')).toBe('my-wren')
  expect(await nameOf(null)).toBe('model')
})

it('keeps an incomplete pile until the rest comes', async () => {
  const engine = createEngine(new EngineDevice(undefined))
  const first = await engine.offerFiles(files('model.safetensors'), true, null)
  expect(first).toMatchObject({ state: 'incomplete', missing: ['config.json', 'tokenizer.json'] })
  expect((await engine.offerFiles(files('config.json', 'tokenizer.json'), false, null)).state).toBe('ready')
})
