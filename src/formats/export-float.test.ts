import { describe, expect, it } from 'vitest'
import { collect, tinyCheckpoint, tinyLinears, tinyReport } from '../../test/tiny-model'
import { NumericalError } from '../errors'
import { readBitloom } from './bitloom/read'
import { writeBitloom } from './bitloom/write'
import { memorySource } from './bytes'
import { dequantize } from './dequantize'
import { type DenseLinear, exportFloat } from './export-float'
import { encodeFloat16 } from './floats'
import type { OutputFile } from './hf-folder'
import { openModel } from './open'
import { heldLinears } from './packed-model'
import type { QuantizedLinear } from './quantized'
import { zipStream } from './zip'

const dense = (linears: QuantizedLinear[]) =>
  new Map<string, DenseLinear>(
    linears.map((l) => [l.name, { out: l.out, in: l.in, weights: async () => dequantize(l) }]),
  )

/** Weights that float16 can hold: the samples' scales reach higher. */
const tamed = (linears: QuantizedLinear[]) =>
  new Map(
    [...dense(linears)].map(([name, l]) => [
      name,
      { ...l, weights: async () => (await l.weights()).map((w) => w / 100) },
    ]),
  )

async function written(files: OutputFile[]) {
  const sources = []
  for (const { name, size, chunks } of files) {
    const bytes = await collect(chunks)
    expect([name, bytes.length]).toEqual([name, size])
    sources.push(memorySource(bytes, name))
  }
  return sources
}

describe('exportFloat', () => {
  it('writes the linears as float16 and leaves the rest as it was', async () => {
    const source = await tinyCheckpoint()
    const linears = tinyLinears()
    const files = exportFloat(source, tamed(linears))
    expect(files.map(({ name }) => name)).toEqual(['model.safetensors', 'config.json', 'tokenizer.json', 'LICENSE'])
    const copy = await openModel(await written(files))
    expect(copy.metadata).toEqual({ format: 'pt' })
    expect(copy.files).toEqual(source.files)
    expect([...copy.tensors.keys()].sort()).toEqual([...source.tensors.keys()].sort())
    for (const [name, entry] of source.tensors) {
      const linear = linears.find((l) => `${l.name}.weight` === name)
      const expected = linear
        ? new Uint8Array(encodeFloat16(dequantize(linear).map((w) => w / 100)).buffer)
        : await entry.read()
      const read = copy.tensors.get(name)!
      expect([name, read.dtype, read.shape]).toEqual([name, linear ? 'F16' : entry.dtype, entry.shape])
      expect(await read.read()).toEqual(expected)
    }
  })

  it('gives the same folder from the packed file', async () => {
    const linears = tinyLinears()
    const checkpoint = await tinyCheckpoint()
    const bytes = await collect(writeBitloom(checkpoint, heldLinears(linears), tinyReport(linears)).chunks)
    const packed = await openModel([memorySource(bytes, 'tiny.bitloom.safetensors')])
    const { names, linear } = await readBitloom(packed)
    const read: QuantizedLinear[] = []
    for (const name of names) read.push(await linear(name))
    const [direct] = exportFloat(checkpoint, tamed(linears))
    const [again] = exportFloat(packed, tamed(read))
    expect(await collect(again!.chunks)).toEqual(await collect(direct!.chunks))
  })

  it('splits into shards that open together', async () => {
    const source = await tinyCheckpoint()
    const files = exportFloat(source, tamed(tinyLinears()), { maxShardBytes: 1200 })
    expect(files.map(({ name }) => name).slice(0, 4)).toEqual([
      'model-00001-of-00003.safetensors',
      'model-00002-of-00003.safetensors',
      'model-00003-of-00003.safetensors',
      'model.safetensors.index.json',
    ])
    const copy = await openModel(await written(files))
    expect([...copy.tensors.keys()].sort()).toEqual([...source.tensors.keys()].sort())
  })

  it('names a weight that float16 cannot hold', async () => {
    const weights = Float32Array.of(1, 2, 3, 65519, 65520, 6)
    const files = exportFloat(
      await tinyCheckpoint(),
      new Map([['big', { out: 2, in: 3, weights: async () => weights }]]),
    )
    const failure = collect(files[0]!.chunks)
    await expect(failure).rejects.toThrow(NumericalError)
    await expect(failure).rejects.toThrow(/big\.weight: expected weights within ±65504, got 65520 in row 1, column 1/)
  })
})

describe('zipStream', () => {
  it('takes no name that leaves its folder, hides what it is or has no end', () => {
    const file = (name: string) => ({ name, size: 0, chunks: (async function* () {})() })
    const long = 'x'.repeat(1e6)
    for (const name of [
      '../x',
      '/etc/x',
      'a/b',
      'a\\b',
      'C:x',
      'nul',
      'a\0b',
      '\x1b[2J',
      'safe\u202egpj',
      '<b>',
      '',
      long,
    ]) {
      expect(() => zipStream('folder', [file(name)]), name.slice(0, 20)).toThrow('bug in Bitloom: the file name')
      expect(() => zipStream(name, []), name.slice(0, 20)).toThrow('bug in Bitloom: the file name')
    }
  })

  it('is as long as announced, stores files as they are, and passes failures on', async () => {
    const source = await tinyCheckpoint()
    const files = () => exportFloat(source, tamed(tinyLinears()))
    const { size, stream } = zipStream('tiny-fp16', files())
    const zip = Buffer.from(await collect(stream))
    expect(zip.length).toBe(size)
    expect(zip.indexOf('tiny-fp16/model.safetensors')).toBe(30)
    expect(zip.includes(Buffer.from(await collect(files()[0]!.chunks)))).toBe(true)
    const broken = zipStream(
      'bad',
      exportFloat(source, new Map([['x', { out: 1, in: 1, weights: async () => Float32Array.of(1e9) }]])),
    )
    await expect(collect(broken.stream)).rejects.toThrow(NumericalError)
  })
})
