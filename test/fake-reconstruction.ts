import type { ReconstructionRecord } from '../src/records'
import type { MethodDescription, OptionDescription } from '../src/workers/api'

const ROUNDS = 10

/** A method that fits whole blocks by gradient steps. */
export const fakeReconstructing = (bits: OptionDescription, groupSize: OptionDescription): MethodDescription => ({
  id: 'tesseraq',
  title: 'TesseraQ',
  summary: 'Learns the rounding of a whole block, hardening some of it every round.',
  needsCalibration: true,
  options: [
    bits,
    groupSize,
    {
      ...{ key: 'iterations', label: 'Steps a round', help: 'Optimiser steps.', advanced: false, type: 'number' },
      ...{ min: 1, max: 1000, step: 1, default: 20 },
    },
  ],
  presets: [
    { name: 'browser', label: 'Browser', summary: 'Minutes.', options: {}, calibration: { samples: 128, length: 512 } },
    {
      ...{ name: 'published', label: 'Published', summary: 'Hours.', options: { iterations: 250 } },
      calibration: { samples: 512, length: 2048 },
    },
  ],
})

/** A reconstruction that goes well, up to `recorded` of its steps: the loss jumps when a round hardens roundings. */
export function fakeReconstruction(steps: number, recorded = steps): ReconstructionRecord {
  const round = (i: number) => Math.floor((i * ROUNDS) / steps)
  const series = (value: (i: number) => number) => Float32Array.from({ length: recorded }, (_, i) => value(i))
  const noise = (i: number) => Math.sin(i * 12.9898) * Math.sin(i * 3.7)
  const within = (i: number) => ((i * ROUNDS) / steps) % 1
  return {
    step: series((i) => i + 1),
    loss: series(
      (i) => (0.008 + 0.05 * Math.exp((-5 * i) / steps) + 0.004 * Math.exp(-6 * within(i))) * (1 + 0.12 * noise(i)),
    ),
    soft: series((i) => Math.max(0, (1 - (round(i) + 1) / ROUNDS) ** 1.5)),
    flips: series((i) => (i % 5 === 4 || i === steps - 1 ? 0.07 * (1 - Math.exp((-4 * i) / steps)) : Number.NaN)),
  }
}

export const fakeSteps = (options: Readonly<Record<string, unknown>>): number => ROUNDS * Number(options.iterations)
