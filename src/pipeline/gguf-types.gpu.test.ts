import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { sample, scratch } from '../../test/cli'
import { testGpu } from '../../test/device'
import { ratio } from '../../test/gguf-out'
import { everyReadType, readTypes } from '../../test/gguf-types'
import { folderSources } from '../formats/node-files'
import { openFiles, weightsOf } from './opened'

const folder = scratch()

it('a file of every other type scores what llama.cpp scores with it', async () => {
  const path = join(folder, 'types.gguf')
  writeFileSync(path, await everyReadType())
  const model = await openFiles(await folderSources(path), 'types')
  const stored = [...model.source.tensors.values()].flatMap((tensor) => tensor.stored?.type ?? [])
  expect(stored.sort()).toEqual([...readTypes].sort())
  const text = readFileSync(sample(folder, 'moby-dick', 3_000), 'utf8')
  const weights = weightsOf(await testGpu(), model)
  // llama.cpp rounds activations to eight bits; one linear of other noise moves it by 1 to 9 in a hundred
  expect(Math.abs((await ratio(path, model, weights, { text, length: 512, maxTokens: 512 })) - 1)).toBeLessThan(0.004)
})
