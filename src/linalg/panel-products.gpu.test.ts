import { expect, it } from 'vitest'
import { expectClose, noise, testGpu } from '../../test/device'
import { uploadPanels } from '../../test/panels'
import { matmulReference } from '../reference/matmul'
import { recordPanelsTimes, recordTimesPanels } from './panel-products'
import { tensorsOf } from './panels'

const N = 300
const WIDTH = 7
/** Sums of 300 products below 1 in float32, halved. */
const CLOSE = { atol: 2e-5 }

for (const rows of [128, 256, N])
  for (const transpose of [false, true])
    for (const accumulate of [false, true]) {
      const how = `M in panels of ${rows}${transpose ? ', transposed' : ''}${accumulate ? ', added' : ''}`
      const options = { transpose, accumulate, alpha: 0.5 }
      const plus = (product: ArrayLike<number>, before: Float32Array) =>
        Float64Array.from(product, (value, at) => 0.5 * value + (accumulate ? before[at]! : 0))

      it(`multiplies A by ${how}`, async () => {
        const gpu = await testGpu()
        const [m, a, before] = [noise(N * N, 1), noise(WIDTH * N, 2), noise(WIDTH * N, 3)]
        const panels = uploadPanels(gpu, m, N, rows)
        const [left, c] = [gpu.upload(a, [WIDTH, N]), gpu.upload(before, [WIDTH, N])]
        const rec = gpu.record()
        recordTimesPanels(rec, { ...options, a: left, panels, c })
        await gpu.submit(rec)
        const expected = matmulReference(a, m, { m: WIDTH, n: N, k: N, transB: transpose })
        expectClose(await gpu.readF32(c), plus(expected, before), CLOSE)
        gpu.free(left, c, ...tensorsOf(panels))
      })

      it.each(['upper', undefined] as const)(`multiplies ${how} by B, triangle %s`, async (triangle) => {
        const gpu = await testGpu()
        const m = noise(N * N, 1).map((value, at) => (triangle && at % N < Math.floor(at / N) ? 0 : value))
        const [b, before] = [noise(N * WIDTH, 2), noise(N * WIDTH, 3)]
        const panels = uploadPanels(gpu, m, N, rows)
        const [right, c] = [gpu.upload(b, [N, WIDTH]), gpu.upload(before, [N, WIDTH])]
        const rec = gpu.record()
        recordPanelsTimes(rec, { ...options, panels, b: right, c, triangle })
        await gpu.submit(rec)
        const expected = matmulReference(m, b, { m: N, n: WIDTH, k: N, transA: transpose })
        expectClose(await gpu.readF32(c), plus(expected, before), CLOSE)
        gpu.free(right, c, ...tensorsOf(panels))
        expect(gpu.pool.liveBytes).toBe(0)
      })
    }
