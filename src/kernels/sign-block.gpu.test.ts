import { describe, expect, it } from 'vitest'
import { noise, testGpu } from '../../test/device'
import type { Gpu } from '../gpu/device'
import type { Tensor } from '../gpu/tensor'
import { GPTQ_BLOCK } from './quantize'
import { billmBlock, type SignBlockShape } from './sign-block'
import { SIGN_FIELDS } from './sign-codes'

const [ROWS, COLUMNS, FIRST, CELL] = [35, 140, 7, 64]
const CELLS = Math.ceil(COLUMNS / CELL)
const SALIENT = 1 << SIGN_FIELDS.salient

/** What the kernel reads: a quarter of the weights salient, some of the others large. */
function common(gpu: Gpu): Record<'w' | 'u' | 'codes' | 'errors', Tensor> {
  const upper = noise(COLUMNS * COLUMNS, 1).map((v, at) => {
    const [i, j] = [Math.floor(at / COLUMNS), at % COLUMNS]
    return i > j ? 0 : i === j ? 1 + 0.2 * v : 0.1 * v
  })
  const kinds = Uint32Array.from({ length: ROWS * COLUMNS }, (_, at) =>
    at % 4 === 1 ? SALIENT : (at % 3 === 0 ? 1 : 0) << SIGN_FIELDS.group,
  )
  return {
    w: gpu.upload(noise(ROWS * COLUMNS, 2)),
    u: gpu.upload(upper),
    codes: gpu.upload(kinds),
    errors: gpu.upload(new Float32Array(ROWS * GPTQ_BLOCK)),
  }
}

async function rounded(count: number, software: boolean): Promise<number[]> {
  const gpu = await testGpu()
  const shape: SignBlockShape = {
    ...{ rows: ROWS, columns: COLUMNS, first: FIRST, count, cellColumns: CELL, cells: CELLS, top: 0 },
  }
  const shared = common(gpu)
  const rec = gpu.record()
  const levels = gpu.upload(noise(ROWS * CELLS * 7, 4).map((v) => 0.3 + 0.2 * v))
  rec.run(billmBlock(software), { ...shared, levels }, shape)
  await gpu.submit(rec)
  const codes = [...(await gpu.readU32(shared.codes))]
  gpu.free(...Object.values(shared), levels)
  return codes
}

describe('the column loop near one bit', () => {
  // a software adapter takes most of a minute to compile the variant of sixteen; the loop is the same in PB-LLM's kernel
  it('gives the same codes with four and with sixteen columns in registers', { timeout: 300_000 }, async () => {
    for (const count of [1, 15, 37, 128]) {
      const [four, sixteen] = [await rounded(count, true), await rounded(count, false)]
      expect(four).toEqual(sixteen)
      for (const [at, code] of four.entries()) {
        const column = at % COLUMNS
        // what is salient stays so, and beyond the block nothing has a sign
        expect(code & SALIENT).toBe(at % 4 === 1 ? SALIENT : 0)
        if (column < FIRST || column >= FIRST + count) expect(code & 1).toBe(0)
      }
      expect(four.some((code) => (code & 1) === 1)).toBe(true)
    }
  })
})
