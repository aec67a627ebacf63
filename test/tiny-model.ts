import { effectiveBits } from '../src/formats/bits'
import { memorySource } from '../src/formats/bytes'
import { dequantize } from '../src/formats/dequantize'
import { encodeFloat16 } from '../src/formats/floats'
import { openModel } from '../src/formats/open'
import type { QuantizedLinear } from '../src/formats/quantized'
import { safetensorsChunks, type TensorToWrite } from '../src/formats/safetensors-writer'
import type { ModelSource } from '../src/formats/source'
import type {
  GraphRecord,
  GroupingRecord,
  ModuleRecord,
  ReconstructionRecord,
  RunReport,
  TrainingRecord,
} from '../src/records'
import { type AffineShape, affineSample } from './affine'
import { noise } from './device'

/** All bytes of a stream in one array. */
export async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = []
  for await (const chunk of chunks) parts.push(chunk)
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))

const f32 = (name: string, shape: number[], seed: number): TensorToWrite => {
  const values = noise(
    shape.reduce((product, n) => product * n, 1),
    seed,
  )
  return { name, dtype: 'F32', shape, data: async () => new Uint8Array(values.buffer) }
}

/** A checkpoint of one block, as opened from its files: three linears among tensors of other kinds and dtypes. */
export async function tinyCheckpoint(): Promise<ModelSource> {
  const half = encodeFloat16(noise(20, 3))
  const tensors: TensorToWrite[] = [
    f32('model.embed_tokens.weight', [11, 20], 1),
    { name: 'model.norm.weight', dtype: 'F16', shape: [20], data: async () => new Uint8Array(half.buffer) },
    { name: 'model.flag', dtype: 'U8', shape: [], data: async () => Uint8Array.of(7) },
    f32('model.layers.0.mlp.up_proj.weight', [3, 20], 4),
    f32('model.layers.0.mlp.up_proj.bias', [3], 5),
    f32('model.layers.0.mlp.down_proj.weight', [20, 33], 6),
    f32('model.layers.0.self_attn.q_proj.weight', [20, 20], 7),
  ]
  return openModel([
    memorySource(await collect(safetensorsChunks(tensors, { format: 'pt' })), 'model.safetensors'),
    memorySource(text({ architectures: ['LlamaForCausalLM'], hidden_size: 20 }), 'config.json'),
    memorySource(text({ model: { type: 'BPE', vocab: {}, merges: [] } }), 'tokenizer.json'),
    memorySource(new TextEncoder().encode('Apache License'), 'LICENSE'),
  ])
}

/** The linears of `tinyCheckpoint`, one of each grid; codes are noise, not its weights. */
export function tinyLinears(): QuantizedLinear[] {
  const common = { groupSize: 8, zeroBits: 3, seed: 11 } as const
  const linear = (name: string, shape: Omit<AffineShape, keyof typeof common>) =>
    affineSample({ ...common, ...shape }, `model.layers.0.${name}`).linear
  const mixed: AffineShape['widths'] = [
    [3, 1],
    [5, 2],
  ]
  return [
    linear('mlp.up_proj', { out: 3, columns: 20, widths: [[4, 1]], grid: 'zero', permuted: false, named: false }),
    linear('mlp.down_proj', { out: 20, columns: 33, widths: mixed, grid: 'range', permuted: true, named: true }),
    linear('self_attn.q_proj', {
      out: 20,
      columns: 20,
      widths: [[1, 1]],
      grid: 'symmetric',
      permuted: true,
      named: false,
    }),
  ]
}

function tinyTraining(): TrainingRecord {
  const series = (seed: number) => noise(5, seed)
  const chosen = series(3).fill(Number.NaN, 1, 4)
  return {
    ...{ step: series(0), loss: series(1), quantization: series(2), chosen },
    ...{ bits: series(4), entropy: series(5), temperature: series(6) },
  }
}

const tinyReconstruction = (): ReconstructionRecord => ({
  step: noise(4, 7),
  loss: noise(4, 8),
  soft: noise(4, 9).fill(Number.NaN, 2),
  flips: noise(4, 10),
})

const tinyGraph = (columns: number): GraphRecord => ({
  nodes: Uint32Array.of(3, columns - 1, 0),
  from: Uint32Array.of(0, 2),
  to: Uint32Array.of(1, 0),
  weight: Float32Array.of(-0.5, Number.NaN),
})

const tinyGrouping = (sampled: boolean): GroupingRecord => ({
  ...{ threshold: 0.5, salient: 0.01, boundaries: [0.25], amplitudes: [0.125, Number.NaN], silhouettes: [0.75, 0.5] },
  histogram: { most: 1, counts: Uint32Array.of(5, 4, 3, 0, 1) },
  sample: sampled
    ? {
        values: noise(6, 4).map(Math.abs).sort(),
        clusters: Uint8Array.of(0, 0, 0, 1, 1, 1),
        ...{ from: Uint32Array.of(0, 1, 3), to: Uint32Array.of(1, 2, 5) },
      }
    : null,
})

/** A report on these linears with every awkward value: NaN, infinities, nulls, non-ASCII text. */
export function tinyReport(linears: readonly QuantizedLinear[]): RunReport {
  const modules = linears.map((linear, i): ModuleRecord => {
    const { name, out, in: columns } = linear
    const error = noise(columns, i)
    error[0] = [Number.NaN, Number.POSITIVE_INFINITY, -0][i % 3]!
    return {
      ...{ name, layer: 0, role: 'up', out, in: columns, bits: effectiveBits(linear), deadColumns: i, seconds: 0.1 },
      error: { weight: dequantize(linear)[0]!, output: i === 0 ? Number.NaN : null },
      damping: i === 1 ? Number.POSITIVE_INFINITY : null,
      warnings: ['λ raised “twice”'],
      columns: {
        bits: noise(columns, i + 10),
        error,
        hessian: i === 2 ? null : noise(columns, i + 20),
        factor: i === 1 ? noise(columns, i + 30) : null,
        norm: i === 0 ? null : noise(columns, i + 40),
        salient: i === 1 ? noise(columns, i + 50) : null,
      },
      training: i === 1 ? tinyTraining() : null,
      graph: i === 1 ? tinyGraph(columns) : null,
      published: i === 1 ? { weight: 1.03, scale: 0.004, why: 'group ids are not in it' } : null,
      grouping: i === 0 ? null : tinyGrouping(i === 1),
      flips: i === 0 ? 0.25 : i === 1 ? Number.NaN : null,
      reconstruction: i === 2 ? tinyReconstruction() : null,
    }
  })
  return {
    ...{ version: 1, bitloom: '0.1.0', model: { name: 'tiny/one', parameters: 1234, bytes: 5678 } },
    recipe: {
      ...{ version: 1, method: 'gptq', options: { bits: 4, nested: { list: [1, null] } }, seed: 7 },
      calibration: { text: 'moby-dick', samples: 2, length: 16, pick: 'first' },
    },
    ...{ calibrationDigest: null, device: { name: 'llvmpipe', software: true } },
    bits: { code: 4, scale: 0.25, index: 0, total: 4.25 },
    modules,
    ...{ seconds: { total: 3, quantize: 1.5 }, peakGpuBytes: 1e6, warnings: [] },
  }
}
