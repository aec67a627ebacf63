import { expect, it } from 'vitest'
import { noise } from '../../test/device'
import { packRow, rowBytes } from '../formats/gguf/container'
import { dequantizeBlocks } from '../formats/gguf/dequantize'
import { gridNames } from '../formats/gguf/grids'
import { ggmlTypes } from '../formats/gguf/types'
import { ggmlLevels } from './ggml-quants'

/** What llama.cpp's types leave of normal weights, as part of their energy, is known to lie below this. */
const most: Readonly<Record<string, number>> = {
  ...{ Q2_K: 0.12, Q3_K: 0.03, Q4_0: 0.011, Q4_1: 0.008, Q4_K: 0.007, Q5_0: 0.003 },
  ...{ Q5_1: 0.002, Q5_K: 0.002, Q6_K: 0.0006, Q8_0: 0.00005 },
}

it.each(gridNames)('%s holds what it was rounded to, near to what it was', (type) => {
  const uniform = [1, 2, 3].map((seed) => noise(1024, seed))
  const row = Float32Array.from(uniform[0]!, (value, i) => 0.02 * (value + uniform[1]![i]! + uniform[2]![i]!))
  row.fill(0, 512, 768)
  const levels = ggmlLevels(type, row)
  const bytes = new Uint8Array(rowBytes(type, row.length))
  expect(packRow(type, () => levels, 0, row.length, bytes)).toBe(true)
  const weights = dequantizeBlocks(bytes, ggmlTypes[type])
  const expected = row.map((_, i) => levels.lows[i]! + levels.steps[i]! * levels.codes[i]!)
  // 0 and −0 are one weight
  expect(weights.map((value) => value + 0)).toEqual(expected.map((value) => value + 0))
  let [error, energy] = [0, 0]
  row.forEach((value, i) => {
    error += (value - weights[i]!) ** 2
    energy += value ** 2
  })
  expect(error / energy).toBeLessThan(most[type]!)
  expect(error / energy).toBeGreaterThan(most[type]! / 10)
})
