import type { FileView, TensorPicture, TensorWish } from '../src/file-records'
import { kindOf as kindOfTensor, placeOf } from '../src/formats/tensor-kinds'
import type { Inspection } from '../src/inspection-records'
import type { ModuleRecord, Recipe, RunReport } from '../src/records'
import { fakeAllocation, fakeGraph, fakeTraining, fakeWidths, learns } from './fake-allocation'
import { fakeReconstruction, fakeSteps } from './fake-reconstruction'

const HIDDEN = 192
const FFN = 512

const SHAPES: readonly [string, number, number][] = [
  ['self_attn.q_proj', HIDDEN, HIDDEN],
  ['self_attn.k_proj', HIDDEN / 3, HIDDEN],
  ['self_attn.v_proj', HIDDEN / 3, HIDDEN],
  ['self_attn.o_proj', HIDDEN, HIDDEN],
  ['mlp.gate_proj', FFN, HIDDEN],
  ['mlp.up_proj', FFN, HIDDEN],
  ['mlp.down_proj', HIDDEN, FFN],
]

/** The files that a pretended model came in. */
export const fakeView = ({ name, architecture, tensors }: Inspection): FileView => ({
  ...{ name, format: 'safetensors', architecture, files: [{ name: 'model.safetensors', bytes: 8e6 }] },
  weights: tensors.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0),
  bytes: tensors.reduce((sum, { bytes }) => sum + bytes, 0),
  tensors: tensors.map(({ name: tensor, dtype: type, shape, bytes }) => ({
    ...{ name: tensor, type, shape, bytes, weights: shape.reduce((a, b) => a * b, 1) },
    ...{ kind: kindOfTensor(tensor), place: placeOf(tensor) },
  })),
  metadata: [
    { key: 'format', type: 'text', value: 'pt', cut: false },
    { key: 'config.json: hidden_size', type: 'number', value: '192', cut: false },
  ],
})

/** Four cells of a pretended tensor, one of them without a number. */
export const fakePicture = ({ lane, window }: TensorWish): TensorPicture => ({
  ...{ rows: 64, columns: 32, window: window ?? { row: 0, rows: 64, column: 0, columns: 32 } },
  ...{ lane, lanes: ['peak', 'rms'], across: 2, down: 2, cells: Float32Array.of(-0.5, 0.25, Number.NaN, 1) },
  ...{ block: null, weights: 2048, read: 1024 },
  statistics: {
    ...{ zeros: 3, nans: 512, infinities: 0, min: -0.5, max: 1, mean: 0.01, deviation: 0.2 },
    histogram: { reach: 1, counts: [0, 2, 500, 10] },
  },
})

export function fakeInspection(name: string, layers: number): Inspection {
  const tensor = (tensorName: string, ...shape: number[]) => ({
    name: tensorName,
    dtype: 'F16',
    shape,
    bytes: 2 * shape.reduce((a, b) => a * b, 1),
  })
  const blocks = Array.from({ length: layers }, (_, layer) => [
    tensor(`model.layers.${layer}.input_layernorm.weight`, HIDDEN),
    ...SHAPES.map(([role, out, columns]) => tensor(`model.layers.${layer}.${role}.weight`, out, columns)),
    tensor(`model.layers.${layer}.post_attention_layernorm.weight`, HIDDEN),
  ])
  const modules = Array.from({ length: layers }, (_, layer) =>
    SHAPES.map(([path, out, columns]) => {
      const role = path.replace(/^.*\.|_proj$/g, '')
      return { name: `model.layers.${layer}.${path}`, layer, role, out, in: columns }
    }),
  ).flat()
  const tensors = [
    tensor('model.embed_tokens.weight', 8192, HIDDEN),
    ...blocks.flat(),
    tensor('model.norm.weight', HIDDEN),
  ]
  const bytes = tensors.reduce((sum, { bytes: own }) => sum + own, 0)
  return {
    name,
    modules,
    kind: 'hf-checkpoint',
    warnings: [],
    architecture: 'LlamaForCausalLM',
    parameters: bytes / 2,
    bytes,
    spec: {
      layers,
      hidden: HIDDEN,
      ffn: FFN,
      heads: 6,
      kvHeads: 2,
      headDim: 32,
      vocabulary: 8192,
      context: 1024,
      ropeTheta: 10000,
      normEps: 1e-5,
      tiedHead: true,
      ropeScaling: null,
    },
    tensors,
    bits: null,
    chat: true,
    forecast: {
      weights: bytes,
      hessians: 4 * FFN * FFN,
      activations: 9e6,
      peak: bytes + 1e7,
      largestBinding: 8192 * HIDDEN * 4,
      bindingLimit: 134217728,
      problems: [],
      states: 'gpu',
      host: 300e6,
      disk: 20e6,
    },
    problems: [],
  }
}

/** A module with lanes that look like real ones: spread diagonals, one outlier column. */
export function fakeModule(
  plan: { name: string; layer: number; role: string; out: number; in: number },
  recipe: Recipe,
): ModuleRecord {
  const code = typeof recipe.options.bits === 'number' ? recipe.options.bits : 4
  const calibrated = recipe.method !== 'rtn'
  const noise = (i: number) => Math.abs(Math.sin(i * 12.9898 + plan.layer * 78.233 + plan.role.length) * 43758.5453) % 1
  const lane = (scale: number) =>
    Float32Array.from({ length: plan.in }, (_, i) => scale * (0.05 + noise(i)) ** 3 * (i === 77 ? 40 : 1))
  const lanes = {
    bits: new Float32Array(plan.in).fill(code),
    error: lane(0.02),
    hessian: calibrated ? lane(3) : null,
    factor: calibrated ? lane(3).map((value) => 1 / Math.sqrt(value)) : null,
    norm: lane(1),
    salient: null,
  }
  const mixed = recipe.method === fakeAllocation.id
  const learned = recipe.method === 'tesseraq'
  const columns = mixed ? { ...lanes, bits: fakeWidths(lanes, recipe.options) } : lanes
  return {
    ...plan,
    bits: { code, scale: 16 / 128, index: calibrated ? 0.03 : 0, total: code + 16 / 128 + (calibrated ? 0.03 : 0) },
    error: {
      weight: 0.006 * (1 + noise(3)),
      output: calibrated ? 0.0012 * (1 + plan.layer) * (0.4 + noise(plan.out)) : null,
    },
    damping: calibrated && !learned ? 0.01 : null,
    deadColumns: plan.role === 'down' && plan.layer === 1 ? 3 : 0,
    seconds: 0.2 + noise(7),
    warnings:
      calibrated && plan.role === 'o' && plan.layer === 2 ? ['damping raised to 0.02 after a non-positive pivot'] : [],
    columns,
    training: mixed && learns(recipe.options) ? fakeTraining(Number(recipe.options.steps), code) : null,
    graph: mixed ? fakeGraph(columns) : null,
    published: null,
    grouping: null,
    flips: learned ? 0.05 + 0.04 * noise(plan.out) : null,
    reconstruction: learned && plan.role === 'down' ? fakeReconstruction(fakeSteps(recipe.options)) : null,
  }
}

export function fakeReport(inspection: Inspection, recipe: Recipe, modules: ModuleRecord[]): RunReport {
  return {
    version: 1,
    bitloom: '0.1.0',
    model: { name: inspection.name, parameters: inspection.parameters, bytes: inspection.bytes },
    recipe,
    calibrationDigest: recipe.method === 'rtn' ? null : 'sha256:0',
    device: { name: 'SwiftShader Device (Subzero)', software: true },
    bits: modules[0]!.bits,
    modules,
    seconds: { total: 9.1, calibrate: 3, quantize: 5 },
    peakGpuBytes: 5.2e7,
    warnings: modules.flatMap((module) => module.warnings.map((warning) => `${module.name}: ${warning}`)),
  }
}
