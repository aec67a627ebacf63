import { describe, expect, it } from 'vitest'
import { type GridSample, gridSample, ranges, symmetric } from '../../../test/gguf-grids'
import { entryOf } from '../../../test/tiny-checkpoint'
import { dequantize } from '../dequantize'
import { encodeFloat16 } from '../floats'
import type { Grid, QuantizedLinear } from '../quantized'
import { dequantizeBlocks } from './dequantize'
import { plainPlace } from './place'
import { ggmlTypes } from './types'
import { type Matrix, matrixTensor } from './write-tensors'

const sample = (bits: GridSample['bits'], grid: (cells: number) => Grid, groupSize = 32) =>
  gridSample({ out: 3, columns: 64, bits, groupSize }, grid)
const codes = (linear: QuantizedLinear): Matrix => ({ codes: async () => linear, out: linear.out, in: linear.in })
const values = Float32Array.from({ length: 192 }, (_, i) => i / 64)
const floats: Matrix = { floats: entryOf('a', [3, 64], values) }

async function stacked(matrices: readonly Matrix[], asked: 'F16' | 'Q8_0' = 'F16') {
  const place = { ...plainPlace('blk.0.ffn_up_exps.weight'), expert: 0 }
  const { tensor, exact } = await matrixTensor(place, matrices, asked)
  const parts: Uint8Array[] = []
  for await (const part of tensor.data()) parts.push(part.slice())
  return { type: tensor.type, exact, shape: tensor.shape, data: new Uint8Array(Buffer.concat(parts)) }
}

describe('experts of a block share one type', () => {
  it('which is the smallest that holds all of them', async () => {
    const linears = [sample(4, symmetric), sample(8, symmetric), sample(4, symmetric)]
    const { type, exact, shape, data } = await stacked(linears.map(codes))
    expect([type, exact, shape]).toEqual(['Q8_0', true, [3, 3, 64]])
    expect(dequantizeBlocks(data, ggmlTypes.Q8_0)).toEqual(
      Float32Array.from(linears.flatMap((linear) => [...dequantize(linear)])),
    )
    expect(await stacked([linears[0]!, linears[2]!].map(codes))).toMatchObject({ type: 'Q4_0', exact: true })
  })

  it('or float16 where one is in codes that none holds, or in floats', async () => {
    const linears = [sample(4, symmetric), sample(7, symmetric, 24)]
    const { type, exact, data } = await stacked(linears.map(codes))
    expect([type, exact]).toEqual(['F16', false])
    expect(new Uint16Array(data.buffer)).toEqual(
      encodeFloat16(Float32Array.from(linears.flatMap((linear) => [...dequantize(linear)]))),
    )
    expect(await stacked([codes(sample(4, ranges(15))), floats])).toMatchObject({ type: 'F16', exact: false })
  })

  it('as asked where they were not quantized', async () => {
    expect(await stacked([floats, floats], 'Q8_0')).toMatchObject({ type: 'Q8_0', shape: [2, 3, 64], exact: false })
    const { type, data } = await stacked([floats, floats])
    expect(type).toBe('F16')
    expect(new Uint16Array(data.buffer)).toEqual(encodeFloat16(Float32Array.from([...values, ...values])))
  })
})

it('lets others have a turn after every row that it tries', async () => {
  let turns = 0
  const place = plainPlace('blk.0.ffn_up.weight')
  const turn = async () => void turns++
  const { tensor } = await matrixTensor(place, [codes(sample(8, symmetric))], 'F16', turn)
  // three rows, and those that smaller types held before one that they did not
  expect(tensor.type).toBe('Q8_0')
  expect(turns).toBeGreaterThanOrEqual(3)
})
