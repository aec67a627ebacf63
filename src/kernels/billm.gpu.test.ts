import { expect, it } from 'vitest'
import { expectClose, noise, testGpu } from '../../test/device'
import { Recorder } from '../gpu/recorder'
import { columnsError, splitError } from '../reference/billm'
import { billmColumnErrors, billmRank, billmSplitErrors, billmTotals, QUANTILES } from './billm'
import { packField } from './sign-codes'

/** Columns by rank, some of them loud, one of them dead; rows of which one is empty. */
function ranked(count: number, rows: number): { search: Float32Array<ArrayBuffer>; byRow: number[][] } {
  const search = noise(count * rows, 5).map((v, i) => (v * 3) / (1 + Math.floor(i / rows)))
  for (let r = 0; r < rows; r++) search[(count - 1) * rows + r] = 0
  for (let j = 0; j < count; j++) search[j * rows + 1] = 0
  const row = (r: number) => Array.from({ length: count }, (_, j) => search[j * rows + r]!)
  return { search, byRow: Array.from({ length: rows }, (_, r) => row(r)) }
}

/** Little fits a dispatch, so that rows come in parts. */
async function slowRecorder() {
  const gpu = await testGpu()
  return { gpu, rec: new Recorder({ ...gpu.traits, flopsPerDispatch: 1e6 }) }
}

it.each([
  [128, 200, 49, 2],
  [37, 150, 36, 1],
  [2, 3, 1, 2],
])(
  'errors of %i columns of %i rows for 1 to %i salient ones, %i signs for the rest',
  async (count, rows, choices, order) => {
    const { gpu, rec } = await slowRecorder()
    const { search, byRow } = ranked(count, rows)
    const [matrix, errors, sums] = [gpu.upload(search), gpu.alloc([choices, rows]), gpu.alloc([choices])]
    rec.run(billmColumnErrors, { search: matrix, errors }, { rows, count, choices, restOrder: order })
    rec.run(billmTotals, { errors, sums }, { rows, choices })
    await gpu.submit(rec)
    const expected = Array.from({ length: choices }, (_, c) =>
      columnsError(byRow, new Set(Array.from({ length: c + 1 }, (_, j) => j)), order),
    )
    // what is nearly exact is a difference of large sums
    const scale = search.reduce((sum, x) => sum + x * x, 0)
    expectClose(await gpu.readF32(sums), expected, { rtol: 1e-4, atol: 1e-6 * scale })
    gpu.free(matrix, errors, sums)
  },
)

it.each([
  [128, 200, 20],
  [33, 5, 0],
  [5, 70, 4],
])('errors of %i columns of %i rows, %i of them salient, for every threshold', async (count, rows, salient) => {
  const { gpu, rec } = await slowRecorder()
  const { search, byRow } = ranked(count, rows)
  const thresholds = Float32Array.from({ length: QUANTILES }, (_, t) => (t / 60) ** 4)
  const [matrix, errors, sums] = [gpu.upload(search), gpu.alloc([QUANTILES, rows]), gpu.alloc([QUANTILES])]
  const choice = gpu.upload(Uint32Array.of(salient * rows, salient, 0))
  const bits = gpu.upload(new Uint32Array(thresholds.buffer))
  rec.run(billmSplitErrors, { search: matrix, choice, thresholds: bits, errors }, { rows, count, choices: QUANTILES })
  rec.run(billmTotals, { errors, sums }, { rows, choices: QUANTILES })
  await gpu.submit(rec)
  const rest = Array.from({ length: count - salient }, (_, j) => salient + j)
  const expected = Array.from(thresholds, (t) => splitError(byRow, rest, (r, j) => Math.abs(byRow[r]![j]!) >= t))
  const scale = byRow.flatMap((row) => row.slice(salient)).reduce((sum, x) => sum + x * x, 0)
  expectClose(await gpu.readF32(sums), expected, { rtol: 1e-4, atol: 1e-6 * scale })
  gpu.free(matrix, errors, sums, choice, bits)
})

it.each([1, 20, 128])('ranks %i columns by falling sums, of equals the first first', async (count) => {
  const gpu = await testGpu()
  const slices = 3
  const parts = noise(slices * count, 8).map((v) => Math.round(4 * v))
  const [sums, order] = [gpu.upload(parts), gpu.alloc([count], 'u32')]
  const rec = gpu.record()
  rec.run(billmRank, { sums, ranked: order }, { count, slices })
  await gpu.submit(rec)
  const total = (j: number) => parts[j]! + parts[count + j]! + parts[2 * count + j]!
  const expected = Array.from({ length: count }, (_, j) => j).sort((a, b) => total(b) - total(a) || a - b)
  expect([...(await gpu.readU32(order))]).toEqual(expected)
  gpu.free(sums, order)
})

it.each([
  [1, 3, 45],
  [8, 8, 7],
  [2, 5, 33],
])('packs fields of %i bits from bit %i of the codes of %i columns', async (bits, shift, count) => {
  const gpu = await testGpu()
  const [rows, columns] = [3, 50]
  const values = Uint32Array.from(noise(rows * columns, 9), (v) => Math.floor((v + 1) * 2 ** 30))
  const picked = Uint32Array.from({ length: count }, (_, i) => (i * 7) % columns)
  const perWord = 32 / bits
  const wordsARow = Math.ceil(count / perWord)
  const [codes, order, words] = [gpu.upload(values), gpu.upload(picked), gpu.alloc([rows, wordsARow], 'u32')]
  const rec = gpu.record()
  rec.run(packField, { codes, order, words }, { rows, columns, count, shift, bits })
  await gpu.submit(rec)
  const expected = new Uint32Array(rows * wordsARow)
  for (let r = 0; r < rows; r++)
    picked.forEach((column, k) => {
      const field = (values[r * columns + column]! >>> shift) & (2 ** bits - 1)
      expected[r * wordsARow + Math.floor(k / perWord)]! |= field << ((k % perWord) * bits)
    })
  expect(await gpu.readU32(words)).toEqual(expected)
  gpu.free(codes, order, words)
})
