import { expect, it } from 'vitest'
import { tinyCheckpoint } from '../../test/tiny-checkpoint'
import { assumedGpu } from '../gpu/device'
import { partWindows } from '../methods/reconstruction/reconstruction'
import { batchesOf, batchWindows } from './batching'
import { gradientWindows } from './gradients'
import { keptWindows } from './run-descent'

const { spec } = tinyCheckpoint()
const few = { ...assumedGpu, batchTokens: 8 * 64 }

it('lets so many windows pass a block together as tokens are allowed, one at the least', () => {
  expect(batchWindows(assumedGpu, spec, 64)).toBe(256)
  expect(batchWindows(few, spec, 64)).toBe(8)
  expect(batchWindows(few, spec, 500)).toBe(1)
  expect(batchWindows(few, spec, 1000)).toBe(1)
  const windows = { ids: new Uint32Array(20 * 64), count: 20, length: 64 }
  expect(batchesOf(few, spec, windows).map((batch) => batch.windows)).toEqual([8, 8, 4])
})

it('gives gradients a quarter of that', () => {
  expect(gradientWindows(few, spec, 64)).toBe(2)
  expect(partWindows({ info: few }, spec, 64)).toBe(2)
  expect(partWindows({ info: assumedGpu }, spec, 64)).toBeGreaterThan(64)
})

it('goes on with the least batch that a run was made with', () => {
  const block = (windows?: number) => ({ windows }) as never
  const kept = (windows: number | null, ...blocks: never[]) => ({ windows, blocks: new Map(blocks.entries()) })
  expect(keptWindows(kept(null, block()), 8)).toBeNull()
  expect(keptWindows(kept(4, block()), 8)).toBe(4)
  // joined from parts, or of a folder whose description was lost
  expect(keptWindows(kept(null, block(), block(2)), 8)).toBe(2)
  expect(keptWindows(kept(99), 8)).toBeNull()
})
