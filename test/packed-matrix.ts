import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { codeWords, rangeGrid } from '../src/formats/affine'
import { writeBitloom } from '../src/formats/bitloom/write'
import { effectiveBits } from '../src/formats/bits'
import { placeColumns } from '../src/formats/column-rule'
import { heldLinears } from '../src/formats/packed-model'
import type { AffineLinear, Width } from '../src/formats/quantized'
import type { ModelSource, TensorEntry } from '../src/formats/source'
import { linearName, requiredTensors } from '../src/models/required-tensors'
import { specFromConfig } from '../src/models/spec'
import type { ModuleRecord, RunReport } from '../src/records'

const NANO = resolve(import.meta.dirname, '../public/models/wren-nano')

/** A matrix [rows, columns] as the down projection of a model of one block, every column at the width of its own. */
export interface PackedMatrix {
  readonly rows: number
  readonly columns: number
  readonly widthOf: (column: number) => Width
  readonly groupSize: number
}

/** Its name in the file. */
export const DOWN = 'model.layers.0.mlp.down_proj'

/**
 * A packed file of random codes, none of which was ever quantized: for what is looked at, not for what is measured. The
 * other linears have one bit, the rest of the model is 0.
 */
export function packedMatrix({ rows, columns, widthOf, groupSize }: PackedMatrix): AsyncGenerator<Uint8Array> {
  const config = {
    ...JSON.parse(readFileSync(join(NANO, 'config.json'), 'utf8')),
    ...{ hidden_size: rows, intermediate_size: columns, num_hidden_layers: 1 },
    ...{ num_attention_heads: 2, num_key_value_heads: 1, head_dim: 32 },
  }
  const spec = specFromConfig(config)
  const linears = spec.linears.map((linear) => {
    const name = linearName(0, linear)
    const { out, in: wide } = linear
    const widths = Uint8Array.from({ length: wide }, (_, column) => (name === DOWN ? widthOf(column) : 1))
    return { linear: randomLinear(name, out, widths, groupSize), role: linear.role, widths }
  })
  const names = new Set(linears.map(({ linear }) => linear.name))
  const tensors = new Map(
    [...requiredTensors(spec)]
      .filter(({ name }) => !names.has(name.replace(/\.weight$/, '')))
      .map(({ name, shape }) => [name, zeros(name, shape)]),
  )
  const files = new Map(
    Object.entries({
      'config.json': JSON.stringify(config),
      'tokenizer.json': readFileSync(join(NANO, 'tokenizer.json')),
    }).map(([name, contents]) => [name, new Uint8Array(Buffer.from(contents))]),
  )
  const source: ModelSource = {
    ...{ tensors, config, files, metadata: {} },
    provenance: { kind: 'hf-checkpoint', files: [] },
  }
  const modules = linears.map(({ linear, role, widths }) => recordOf(linear, role, widths))
  return writeBitloom(source, heldLinears(linears.map(({ linear }) => linear)), reportOf(modules)).chunks
}

function randomLinear(name: string, out: number, widths: Uint8Array<ArrayBuffer>, size: number): AffineLinear {
  const columns = widths.length
  const groupSize = Math.min(size, columns)
  const mixed = new Set(widths).size > 1
  const placed = mixed ? placeColumns(widths, { groupSize, ranges: 'width' }) : null
  const segments = placed?.segments ?? [{ bits: widths[0]! as Width, columns }]
  const groups = placed?.groups ?? Math.ceil(columns / groupSize)
  const codes = new Uint32Array(codeWords(segments, out))
  for (let i = 0, state = 1; i < codes.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    codes[i] = (state ^ Math.imul(i, 2654435761)) >>> 0
  }
  const cells = (value: number) => new Float32Array(out * groups).fill(value)
  return {
    ...{ kind: 'affine', name, out, in: columns, segments, groupSize, groups, codes },
    ...{ perm: placed?.perm ?? null, groupOf: placed?.storedGroupOf ?? null },
    ...(placed && { rule: 'width' as const }),
    grid: rangeGrid(cells(-0.1), cells(0.2)),
  }
}

function zeros(name: string, shape: readonly number[]): TensorEntry {
  const row = 2 * shape.slice(1).reduce((product, n) => product * n, 1)
  const bytes = shape[0]! * row
  const read = async ({ start, end } = { start: 0, end: shape[0]! }) => new Uint8Array((end - start) * row)
  return { name, dtype: 'F16', shape, bytes, read }
}

function recordOf(linear: AffineLinear, role: string, widths: Uint8Array): ModuleRecord {
  const lane = (scale: number) =>
    Float32Array.from(
      widths,
      (_, column) => scale * (0.2 + (Math.abs(Math.sin(column * 12.9898) * 43758.5453) % 1) ** 3),
    )
  return {
    ...{ name: linear.name, layer: 0, role, out: linear.out, in: linear.in, bits: effectiveBits(linear) },
    ...{ error: { weight: 0.01, output: 0.01 }, damping: null, deadColumns: 0, seconds: 1, warnings: [] },
    columns: {
      ...{ bits: Float32Array.from(widths), error: lane(0.01), norm: lane(2) },
      ...{ hessian: lane(1), factor: null, salient: null },
    },
    ...{ training: null, graph: null, published: null, grouping: null, flips: null, reconstruction: null },
  }
}

const reportOf = (modules: readonly ModuleRecord[]): RunReport => ({
  ...{ version: 1, bitloom: '0.1.0', model: { name: 'matrix', parameters: 1, bytes: 1 }, calibrationDigest: null },
  recipe: {
    ...{ version: 1, method: 'rtn', options: { bits: 4, groupSize: 128, symmetric: false }, seed: 0 },
    calibration: { text: '', samples: 1, length: 2, pick: 'first' },
  },
  ...{ device: { name: 'none', software: true }, bits: modules[0]!.bits, modules, seconds: { total: 1 } },
  ...{ peakGpuBytes: 0, warnings: [] },
})
