import { describe, expect, it } from 'vitest'
import { expectClose, noise, testGpu } from '../../test/device'
import type { Width } from '../formats/quantized'
import { mixedReference } from '../reference/mixed'
import { type CandidateOptions, recordCandidateErrors } from './candidate-errors'
import { originalOrder } from './mixed-layout'

const WIDTHS: Width[] = [1, 2, 4]

const weightsOf = (out: number, n: number) => noise(out * n, out + n).map((v, i) => (i % 37 === 5 ? 4 : 1) * 0.1 * v)

/** E_k = W − Q_k(W) of every width, [K][out · n], ranges a row × 128 columns. */
function expectedErrors(w: Float32Array, out: number, n: number, search: boolean): Float64Array[] {
  return WIDTHS.map((bits) => {
    const { weights } = mixedReference(w, null, out, n, {
      ...{ widths: new Uint8Array(n).fill(bits), order: originalOrder(n), block: n, search },
      ...{ groupOf: originalOrder(n).map((j) => Math.floor(j / 128)), importance: new Float32Array(n).fill(1) },
    })
    return Float64Array.from(w, (value, at) => value - weights[at]!)
  })
}

async function found(w: Float32Array<ArrayBuffer>, out: number, n: number, options: Omit<CandidateOptions, 'widths'>) {
  const gpu = await testGpu()
  const rec = gpu.record()
  const { errors, table } = recordCandidateErrors(gpu, rec, gpu.upload(w, [out, n]), { ...options, widths: WIDTHS })
  await gpu.submit(rec)
  const result = { errors: errors && (await gpu.readF32(errors)), table: await gpu.readF32(table) }
  gpu.free(errors ?? undefined, table)
  return result
}

describe('recordCandidateErrors', () => {
  it.each([
    [1, 64],
    [33, 129],
    [300, 70], // more than one slice of rows
    [70, 300],
  ])('keeps what rounding to each width leaves, and its squares by column (%i×%i)', async (out, n) => {
    const gpu = await testGpu()
    const w = weightsOf(out, n)
    const weights = noise(out, 7).map((v) => v + 1.5)
    const expected = expectedErrors(w, out, n, false)
    const rowWeights = gpu.upload(weights)
    const { errors, table } = await found(w, out, n, { search: false, errors: 'keep', rowWeights })
    const worst = Math.max(...w) * 2 ** -10 // one float16 step of a range or a 1-bit mean next to a tie
    expectClose(errors!, Float32Array.from(expected.flatMap((e) => [...e])), { atol: worst })
    const squares = expected.flatMap((e) =>
      Array.from({ length: n }, (_, j) => weights.reduce((sum, weight, r) => sum + weight * e[r * n + j]! ** 2, 0)),
    )
    expectClose(table, squares, { rtol: 2e-3, atol: 1e-7 })
  })

  it('projects errors panel by panel as it would whole, and drops them where only the table is wanted', async () => {
    const gpu = await testGpu()
    const [out, n, r] = [100, 129, 9]
    const w = weightsOf(out, n)
    const whole = await found(w, out, n, { search: false, errors: 'keep' })
    const s = noise(r * out, 5)
    const project = gpu.upload(s, [r, out])
    const panels = await found(w, out, n, { search: false, errors: { project }, panelBytes: 4 * n * 33 })
    const expected = WIDTHS.flatMap((_, k) =>
      Array.from({ length: r * n }, (_, at) => {
        let sum = 0
        for (let row = 0; row < out; row++)
          sum += s[Math.floor(at / n) * out + row]! * whole.errors![(k * out + row) * n + (at % n)]!
        return sum
      }),
    )
    expectClose(panels.errors!, expected, { atol: 1e-5 })
    expectClose(panels.table, whole.table, { rtol: 1e-5 })
    const dropped = await found(w, out, n, { search: false, errors: 'drop', panelBytes: 1 })
    expect(dropped.errors).toBeNull()
    expectClose(dropped.table, whole.table, { rtol: 1e-5 })
  })

  it('loses less with searched ranges', async () => {
    const [out, n] = [9, 300]
    const w = weightsOf(out, n)
    const total = ({ table }: { table: Float32Array }, k: number) =>
      table.subarray(k * n, (k + 1) * n).reduce((sum, value) => sum + value, 0)
    const [ends, searched] = [
      await found(w, out, n, { search: false, errors: 'drop' }),
      await found(w, out, n, { search: true, errors: 'drop' }),
    ]
    const expected = expectedErrors(w, out, n, true)
    WIDTHS.forEach((bits, k) => {
      expect(total(searched, k)).toBeLessThan((bits === 2 ? 0.7 : 1) * total(ends, k))
      expect(total(searched, k) / expected[k]!.reduce((sum, e) => sum + e * e, 0)).toBeCloseTo(1, 2)
    })
  })
})
