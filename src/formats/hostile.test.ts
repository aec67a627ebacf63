import { afterEach, describe, expect, it, vi } from 'vitest'
import { editHeader, encode, generator, mutations, numbers, watchAllocations, watched } from '../../test/mutations'
import { signSample } from '../../test/sign'
import { collect, tinyCheckpoint, tinyReport } from '../../test/tiny-model'
import { FormatError } from '../errors'
import { specFromConfig } from '../models/spec'
import { readBitloom } from './bitloom/read'
import { writeBitloom } from './bitloom/write'
import { memorySource } from './bytes'
import { dequantize } from './dequantize'
import { assess, openModel } from './open'
import { heldLinears } from './packed-model'
import { safetensorsChunks } from './safetensors-writer'

async function sample(metadata: Record<string, string>, enclosed: string[]): Promise<Uint8Array> {
  const zeros = (bytes: number) => async () => new Uint8Array(bytes)
  const chunks: Uint8Array<ArrayBuffer>[] = []
  const entries = [
    { name: 'model.embed_tokens.weight', dtype: 'F16', shape: [16, 8], data: zeros(256) },
    { name: 'model.norm.weight', dtype: 'F32', shape: [8], data: zeros(32) },
    { name: 'empty', dtype: 'BF16', shape: [0, 4], data: zeros(0) },
    { name: 'scalar', dtype: 'I64', shape: [], data: zeros(8) },
    ...enclosed.map((name) => ({ name, dtype: 'U8', shape: [2], data: async () => encode('{}') }) as const),
  ] as const
  for await (const chunk of safetensorsChunks(entries, metadata)) chunks.push(new Uint8Array(chunk))
  return new Uint8Array(await new Blob(chunks).arrayBuffer())
}

afterEach(() => {
  vi.unstubAllGlobals()
})

const config = encode({ architectures: ['LlamaForCausalLM'] })
const mutantsPerKind = 40

describe.each([
  ['checkpoint', {}, [], 'model.safetensors'],
  [
    'packed file',
    { format: 'bitloom' },
    ['bitloom.file/config.json', 'bitloom.file/tokenizer.json'],
    'packed.safetensors',
  ],
] as const)('a mutated %s opens or is refused', (_, metadata, enclosed, name) => {
  it.each(Object.entries(mutations))('%s', async (kind, mutate) => {
    const random = generator(kind.length * 1000 + name.length)
    const original = await sample(metadata, [...enclosed])
    for (let i = 0; i < mutantsPerKind; i++) {
      const mutant = mutate(original, random)
      const file = watched(mutant, name)
      const companions = name === 'model.safetensors' ? ['config.json', 'tokenizer.json'] : []
      const pile = [file, ...companions.map((companion) => memorySource(config, companion))]
      const allocated = watchAllocations()
      try {
        const model = await openModel(pile)
        for (const entry of model.tensors.values()) expect((await entry.read()).length).toBe(entry.bytes)
        expect([...model.files.keys()].every((side) => /^[\w.-]+$/.test(side))).toBe(true)
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError)
        expect((error as Error).message.length).toBeLessThan(600)
      }
      vi.unstubAllGlobals()
      if (mutant.length > 0) expect(allocated).not.toHaveLength(0)
      expect(Math.max(0, ...allocated)).toBeLessThanOrEqual(Math.max(mutant.length, config.length))
      expect(file.requested).toBeLessThanOrEqual(mutant.length + 64)
      await assess(pile)
    }
  })
})

/** A packed file of one linear of signs, with everything that one may have. */
async function signFile(): Promise<Uint8Array> {
  const { linear } = signSample({
    ...{ out: 20, columns: 33, groups: 3, blockColumns: 8, perRow: true, centered: true, sparse: 'some', bits: 5 },
    ...{ zeros: true, salient: 'some', seed: 3 },
  })
  return collect(writeBitloom(await tinyCheckpoint(), heldLinears([linear]), tinyReport([linear])).chunks)
}

const description: typeof mutations = {
  ...mutations,
  'a number of the description': (bytes, { below, pick }) =>
    editHeader(bytes, (header) => {
      const metadata = header.__metadata__ as Record<string, string>
      const places = [...metadata['bitloom.linears']!.matchAll(/(?<=:)(\d+|true|false|null)/g)]
      const { index, 0: text } = pick(places)
      const other = pick([String(pick(numbers)), String(below(60)), 'null', 'true', 'false', '{}'])
      const json = metadata['bitloom.linears']!
      metadata['bitloom.linears'] = json.slice(0, index) + other + json.slice(index + text.length)
    }),
  'flipped data': (bytes, { below }) => {
    const flipped = bytes.slice()
    const start = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true))
    for (let i = 0; i <= below(3); i++) flipped[start + below(bytes.length - start)]! ^= 1 << below(8)
    return flipped
  },
}

describe('a mutated packed file of signs gives finite weights or is refused', () => {
  it.each(Object.entries(description))('%s', async (kind, mutate) => {
    const random = generator(kind.length)
    const original = await signFile()
    for (let i = 0; i < mutantsPerKind; i++) {
      const mutant = mutate(original, random)
      const file = watched(mutant, 'signs.safetensors')
      const allocated = watchAllocations()
      try {
        const model = await readBitloom(await openModel([file]))
        for (const name of model.names) {
          const linear = await model.linear(name)
          expect(Math.max(0, ...allocated)).toBeLessThanOrEqual(mutant.length)
          expect(dequantize(linear).every(Number.isFinite)).toBe(true)
        }
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError)
        expect((error as Error).message.length).toBeLessThan(600)
      }
      vi.unstubAllGlobals()
      expect(file.requested).toBeLessThanOrEqual(mutant.length + 64)
    }
  })
})

describe('the original', () => {
  it('of signs opens', async () => {
    const model = await readBitloom(await openModel([memorySource(await signFile(), 'signs.safetensors')]))
    expect(dequantize(await model.linear('signs'))).toHaveLength(20 * 33)
  })

  it('opens', async () => {
    const file = memorySource(
      await sample({ format: 'bitloom' }, ['bitloom.file/config.json', 'bitloom.file/tokenizer.json']),
      'a.safetensors',
    )
    const model = await openModel([file])
    expect([...model.tensors.keys()]).toEqual(['scalar', 'model.norm.weight', 'empty', 'model.embed_tokens.weight'])
    expect(() => specFromConfig(model.config)).toThrow(FormatError)
  })
})
