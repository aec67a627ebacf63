import { describe, expect, it } from 'vitest'
import type { Method } from '../methods/method'
import type { CalibrationSize } from '../methods/work'
import type { LinearSpec, ModelSpec } from '../models/spec'
import { calibrating, forecastSeconds } from './time-forecast'

const linear = (stage: LinearSpec['stage'], out: number, columns: number): LinearSpec => ({
  ...{ role: 'q', stage, module: 'm', out, in: columns, bias: false },
})
const spec = {
  ...{ layers: 3, heads: 2, headDim: 5 },
  linears: [linear(0, 10, 10), linear(0, 4, 10), linear(3, 10, 20)],
} as unknown as ModelSpec
const calibration = { text: 't', samples: 6, length: 50, pick: 'first' as const }
const rates = { flopsPerSecond: 1e9, dispatchesPerSecond: 1e4 }
const around = forecastSeconds(spec, { calibration }, of({ flops: 0, dispatches: 0 }), rates)!

function of(work: { flops: number; dispatches: number } | null, asked: CalibrationSize[] = []) {
  const work_ = (_: unknown, __: ModelSpec, size: CalibrationSize) => {
    asked.push(size)
    return work
  }
  const method = { needsCalibration: true, ...(work ? { work: work_ } : {}) }
  return { method: method as unknown as Method<object, unknown>, options: {} }
}

describe('forecastSeconds', () => {
  it('is what the slower of device and host takes, and what every run does', () => {
    const asked: CalibrationSize[] = []
    const seconds = (flops: number, dispatches: number) =>
      forecastSeconds(spec, { calibration }, of({ flops, dispatches }, asked), rates)! - around
    expect(seconds(60e9, 1e5)).toBeCloseTo(60, 9)
    expect(seconds(60e9, 1e6)).toBeCloseTo(100, 9)
    expect(asked[0]).toMatchObject({ samples: 6, length: 50 })
  })

  it('is unknown for methods that do not say what they do', () => {
    expect(forecastSeconds(spec, { calibration }, of(null), rates)).toBeNull()
  })
})

describe('calibrating', () => {
  it('counts passes, one Hessian a stage, and errors', () => {
    const tokens = 300
    const pass = 2 * tokens * (100 + 40 + 200) + 4 * tokens * 50 * 10
    const hessians = tokens * (10 * 10 + 20 * 20)
    const errors = 2 * (10 * 100 + 4 * 100 + 10 * 400)
    expect(calibrating(spec, calibration).flops).toBe(3 * (3 * pass + hessians + errors))
  })

  it('takes twice as long for twice the windows, whatever else', () => {
    const more = calibrating(spec, { samples: 12, length: 50 }).flops - calibrating(spec, calibration).flops
    const most = calibrating(spec, { samples: 18, length: 50 }).flops - calibrating(spec, calibration).flops
    expect(most).toBe(2 * more)
  })
})
