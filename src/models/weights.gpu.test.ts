import { describe, expect, it } from 'vitest'
import { noise, testGpu } from '../../test/device'
import { entryOf, tinyCheckpoint } from '../../test/tiny-checkpoint'
import { FormatError, NumericalError } from '../errors'
import { toFloat32 } from '../formats/floats'
import type { ModelSource, TensorEntry } from '../formats/source'
import { CheckpointWeights, loadBlock, loadSharded, PIECE_BYTES } from './weights'

const sourceOf = (...entries: TensorEntry[]): ModelSource => ({
  ...tinyCheckpoint().source,
  tensors: new Map(entries.map((entry) => [entry.name, entry])),
})

describe('CheckpointWeights', () => {
  it('uploads a tensor larger than one piece, or some rows of it', async () => {
    const gpu = await testGpu()
    const values = noise(5000 * 1021, 1)
    const weights = new CheckpointWeights(gpu, sourceOf(entryOf('w', [5000, 1021], values)))
    const whole = await weights.tensor('w')
    expect(whole.shape).toEqual([5000, 1021])
    expect(Buffer.from(await gpu.readF32(whole)).equals(Buffer.from(values))).toBe(true)
    const rows = await weights.tensor('w', { start: 7, end: 9 })
    expect(await gpu.readF32(rows)).toEqual(values.slice(7 * 1021, 9 * 1021))
    gpu.free(whole, rows)
  })

  it('reads announced tensors ahead, one piece after another, and none of them twice', async () => {
    const gpu = await testGpu()
    const values = noise(5000 * 1021, 2)
    const entry = entryOf('w', [5000, 1021], values)
    const reads: (number | undefined)[] = []
    let atWork = 0
    const read: TensorEntry['read'] = async (rows) => {
      expect(++atWork).toBe(1)
      reads.push(rows?.start)
      const bytes = await entry.read(rows)
      atWork--
      return bytes
    }
    const weights = new CheckpointWeights(gpu, sourceOf({ ...entry, read }))
    weights.readAhead(['absent', 'w'])
    const ahead = await weights.tensor('w')
    expect(Buffer.from(await gpu.readF32(ahead)).equals(Buffer.from(values))).toBe(true)
    expect(reads.length).toBeGreaterThan(2)
    expect(new Set(reads).size).toBe(reads.length)
    const again = await weights.tensor('w', { start: 7, end: 9 })
    expect(await gpu.readF32(again)).toEqual(values.slice(7 * 1021, 9 * 1021))
    gpu.free(ahead, again)
  })

  it('tells of a piece that could not be read ahead when it is loaded', async () => {
    const gpu = await testGpu()
    const entry = entryOf('w', [2, 2], noise(4, 1))
    const read = () => Promise.reject(new FormatError('w.safetensors: the file shrank'))
    const weights = new CheckpointWeights(gpu, sourceOf({ ...entry, read }))
    weights.readAhead(['w'])
    const before = gpu.pool.liveBytes
    await expect(weights.tensor('w')).rejects.toThrow('the file shrank')
    expect(gpu.pool.liveBytes).toBe(before)
  })

  it.each(['F16', 'BF16'] as const)('widens every finite %s, pieces and an odd rest of them', async (dtype) => {
    const gpu = await testGpu()
    const exponent = dtype === 'F16' ? 0x7c00 : 0x7f80
    const halves = Uint16Array.from({ length: 65536 }, (_, i) => i).filter((half) => (half & exponent) !== exponent)
    const columns = halves.length - 1 // odd rows start in the middle of a word
    const shape = [37, columns]
    const all = Uint16Array.from({ length: 37 * columns }, (_, i) => halves[i % halves.length]!)
    const bytes = new Uint8Array(all.buffer)
    const read = async ({ start, end } = { start: 0, end: 37 }) => bytes.slice(2 * columns * start, 2 * columns * end)
    const weights = new CheckpointWeights(gpu, sourceOf({ name: 'b', dtype, shape, bytes: bytes.length, read }))
    const expected = toFloat32(bytes, dtype)
    expect(bytes.length).toBeGreaterThan(PIECE_BYTES)
    const whole = await weights.tensor('b')
    expect(Buffer.from(await gpu.readF32(whole)).equals(Buffer.from(expected))).toBe(true)
    const rows = await weights.tensor('b', { start: 3, end: 4 })
    expect(await gpu.readF32(rows)).toEqual(expected.slice(3 * columns, 4 * columns))
    gpu.free(whole, rows)
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY])(
    'refuses %d in the weights, naming tensor and element',
    async (bad) => {
      const gpu = await testGpu()
      const before = gpu.pool.liveBytes
      const values = new Float32Array(12)
      values[10] = bad
      const weights = new CheckpointWeights(gpu, sourceOf(entryOf('model.norm.weight', [4, 3], values)))
      const failure = weights.tensor('model.norm.weight')
      await expect(failure).rejects.toThrow(NumericalError)
      await expect(failure).rejects.toThrow(
        /model\.norm\.weight: expected finite numbers, got (NaN|Infinity) at element 10/,
      )
      expect(gpu.pool.liveBytes).toBe(before)
    },
  )
})

it('frees what it had loaded of a block when one tensor is missing', async () => {
  const gpu = await testGpu()
  const { spec, source } = tinyCheckpoint()
  const before = gpu.pool.liveBytes
  const tensors = new Map(source.tensors)
  tensors.delete('model.layers.2.mlp.down_proj.bias')
  const failure = loadBlock(gpu, new CheckpointWeights(gpu, { ...source, tensors }), spec, 2)
  await expect(failure).rejects.toThrow(FormatError)
  expect(gpu.pool.liveBytes).toBe(before)
})

it('cuts a matrix into shards of whole rows', async () => {
  const gpu = await testGpu()
  const values = noise(10 * 6, 2)
  const weights = new CheckpointWeights(gpu, sourceOf(entryOf('m', [10, 6], values)))
  const shards = await loadSharded(gpu, weights, 'm', [10, 6], 4 * 6 * 4 + 5)
  expect(shards.map(({ first, count }) => [first, count])).toEqual([
    [0, 4],
    [4, 4],
    [8, 2],
  ])
  expect(await gpu.readF32(shards[2]!.tensor)).toEqual(values.slice(48))
})
