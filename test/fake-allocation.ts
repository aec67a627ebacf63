import type { ColumnRecord, GraphRecord, TrainingRecord } from '../src/records'
import { saliencyOf } from '../src/state/lanes'
import type { MethodDescription } from '../src/workers/api'

const TRAINED = ['gcn', 'mlp']

/** A method that gives columns widths of their own: every kind of option, an enum to sweep. */
export const fakeAllocation: MethodDescription = {
  id: 'mg-ptq',
  title: 'MG-PTQ',
  summary: 'A graph network chooses the width of every column.',
  needsCalibration: true,
  options: [
    {
      ...{ key: 'bits', label: 'Target bits', help: 'Mean width of a code.', advanced: false },
      ...{ type: 'number', min: 1, max: 4, step: 0.05, default: 2.5 },
    },
    {
      ...{ key: 'allocator', label: 'Allocator', help: 'Who chooses the widths.', advanced: false, type: 'choice' },
      choices: ['gcn', 'mlp', 'greedy', 'random'].map((value) => ({ value, label: value })),
      default: 'gcn',
    },
    {
      ...{ key: 'candidates', label: 'Candidates', help: 'Widths to choose from.', advanced: true, type: 'text' },
      ...{ pattern: '^[1-8](,[1-8])*$', placeholder: '1,2,3,4', default: '1,2,3,4' },
    },
    {
      ...{ key: 'steps', label: 'Steps', help: 'Of training.', advanced: true, type: 'number' },
      ...{ min: 10, max: 1000, step: 10, default: 100, when: { allocator: TRAINED } },
    },
  ],
  presets: [
    { name: 'best', label: 'Best', summary: 'What measured best.', options: {} },
    { name: 'quick', label: 'Quick', summary: 'Few steps.', options: { steps: 20 } },
  ],
}

export const learns = (options: Readonly<Record<string, unknown>>): boolean =>
  TRAINED.includes(String(options.allocator))

/** Widths of mean `target`: most for the most salient columns; `random` forgets which those are. */
export function fakeWidths(columns: ColumnRecord, options: Readonly<Record<string, unknown>>) {
  const saliency = saliencyOf(columns)!
  const target = Number(options.bits)
  const n = saliency.length
  const rank = Uint32Array.from(saliency.keys()).sort((a, b) => saliency[b]! - saliency[a]!)
  const bits = new Float32Array(n)
  for (const [place, column] of rank.entries()) {
    const at = options.allocator === 'random' ? (column * 61) % n : place
    bits[column] = Math.min(4, Math.max(1, Math.round(target + 1.5 - (3 * (at + 0.5)) / n)))
  }
  return bits
}

/** A training that goes well, up to `recorded` of its steps. */
export function fakeTraining(steps: number, target: number, recorded = steps): TrainingRecord {
  const series = (value: (t: number, i: number) => number) =>
    Float32Array.from({ length: recorded }, (_, i) => value(i / steps, i))
  const noise = (i: number) => Math.sin(i * 12.9898) * Math.sin(i * 3.7)
  const quantization = series((t, i) => (0.03 + 0.2 * Math.exp(-6 * t)) * (1 + 0.08 * noise(i)))
  return {
    step: series((_, i) => i + 1),
    loss: quantization.map((value, i) => value + 0.4 * Math.exp((-9 * i) / steps)),
    quantization,
    chosen: series((t, i) => (i % 10 === 9 ? 0.032 + 0.1 * Math.exp(-5 * t) : Number.NaN)),
    bits: series((t, i) => target + 0.8 * Math.exp(-5 * t) * Math.cos(9 * t) + 0.02 * noise(i)),
    entropy: series((t) => 0.2 + 1.7 * Math.exp(-3 * t)),
    temperature: series((t) => 1 - 0.5 * t),
  }
}

/** Edges among the 24 most salient columns, each to some behind it. */
export function fakeGraph(columns: ColumnRecord): GraphRecord {
  const saliency = saliencyOf(columns)!
  const nodes = Uint32Array.from(saliency.keys())
    .sort((a, b) => saliency[b]! - saliency[a]!)
    .slice(0, 24)
  const edges: [number, number, number][] = []
  for (const [a, i] of nodes.entries())
    for (const [b, j] of nodes.entries())
      if (j > i && (i * 7 + j * 13) % 5 < 2) edges.push([a, b, 0.6 * Math.sin(i * 5.3 + j * 1.7) ** 3])
  return {
    nodes,
    from: Uint32Array.from(edges, ([from]) => from),
    to: Uint32Array.from(edges, ([, to]) => to),
    weight: Float32Array.from(edges, ([, , weight]) => weight),
  }
}
