import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { testGpu } from '../../test/device'
import { ggufFile } from '../../test/gguf'
import { ggufOf } from '../../test/gguf-model'
import { sharedPath, sharedTest } from '../../test/shared'
import { memorySource } from '../formats/bytes'
import { folderSources } from '../formats/node-files'
import { inspect } from './inspect'
import { openFiles, weightsOf } from './opened'
import { perplexity } from './perplexity'

const root = resolve(import.meta.dirname, '../..')
const text = { name: 'README.md', text: readFileSync(join(root, 'README.md'), 'utf8').slice(0, 8000) }

/** A checkpoint opened from its folder, and from a GGUF file made of it, beside its perplexity on a text. */
async function bothWays(folder: string) {
  const gpu = await testGpu()
  const checkpoint = await openFiles(await folderSources(folder), 'folder')
  const file = memorySource(ggufFile(await ggufOf(checkpoint.source)), 'model.gguf')
  const gguf = await openFiles([file], 'model')
  const measure = async (model: typeof gguf) => {
    const request = { text, protocol: 'windows:64', maxTokens: 700 }
    return (await perplexity(gpu, model, weightsOf(gpu, model), request)).nll
  }
  return { gpu, checkpoint, gguf, nll: [await measure(checkpoint), await measure(gguf)] as const }
}

describe('a GGUF file is the checkpoint that it was made of', () => {
  it('by spec, tokens, template and perplexity', async () => {
    const { gpu, checkpoint, gguf, nll } = await bothWays(join(root, 'public/models/wren-nano'))
    expect(nll[0]).toBeGreaterThan(2)
    expect(nll[1]).toBe(nll[0])
    expect(gguf.spec).toEqual(checkpoint.spec)
    expect(gguf.tokenizer.encode(text.text)).toEqual(checkpoint.tokenizer.encode(text.text))
    expect(gguf.tokenizer.addsBos).toBe(checkpoint.tokenizer.addsBos)
    expect(gguf.chatTemplate?.source).toMatch(/messages/)
    const { kind, warnings, tensors } = inspect(gguf, gpu.info)
    expect([kind, warnings, tensors.length]).toEqual(['gguf', [], 38])
  })

  sharedTest(
    "with SentencePiece's tokens, too",
    ['models/stories260K/config.json'],
    async () => {
      const { checkpoint, gguf, nll } = await bothWays(sharedPath('models/stories260K'))
      expect(nll[1]).toBe(nll[0])
      expect(gguf.spec).toEqual(checkpoint.spec)
      expect(gguf.tokenizer.addsBos).toBe(true)
      expect(gguf.tokenizer.decode(gguf.tokenizer.encode(text.text))).toBe(text.text)
    },
    60_000,
  )
})
