import { FormatError } from '../../errors'
import { version as bitloom } from '../../version'
import type { TensorToWrite } from '../safetensors-writer'
import { type UniformLayout, uniformCodes, uniformScales, uniformZeros } from '../uniform'
import type { UniformFormat } from '../uniform-folder'
import { packWords } from '../words'
import { gptqConfig } from './config'
import { gptqWarnings } from './warnings'

/** How zeros are stored: version 1 less one, version 2 as they are. */
export type GptqVersion = 1 | 2

/** Codes of 3 bits need 32 of them to fill words, and both dimensions are packed. */
const MULTIPLE = 32

/** Writes GPTQ checkpoints. Layout: docs/formats.md, "GPTQ". */
export const gptqFormat = (version: GptqVersion): UniformFormat => ({
  title: 'GPTQ',
  widths: [2, 3, 4, 8],
  configFile: 'quantize_config.json',
  check: (name, layout) => check(name, layout, version),
  tensors: (name, layout, read) => [
    ...tensorsOf(name, layout, {
      qweight: async () => codeWords(uniformCodes(await read(), layout), layout),
      qzeros: async () => zeroWords(uniformZeros(await read(), layout), layout, version),
      scales: async () => transposed(uniformScales(await read(), layout), layout),
      g_idx: async () => groupOf(layout),
    }),
  ],
  config: (layouts) => gptqConfig(layouts, version, `bitloom:${bitloom}`),
  warnings: gptqWarnings,
})

function check(name: string, { out, in: columns, leastZero }: UniformLayout, version: GptqVersion): void {
  if (out % MULTIPLE || columns % MULTIPLE)
    throw new FormatError(
      `${name}: expected rows and columns in multiples of ${MULTIPLE} for GPTQ, got [${out}, ${columns}] — export compressed-tensors, which has no such rule, or a float folder`,
    )
  if (version === 1 && leastZero === 0)
    throw new FormatError(
      `${name}: expected zeros of at least 1 for GPTQ version 1, which stores them less one, got 0 — export GPTQ version 2 or compressed-tensors`,
    )
}

type Part = 'qweight' | 'qzeros' | 'scales' | 'g_idx'

function tensorsOf(
  name: string,
  { out, in: columns, bits, groups }: UniformLayout,
  parts: Record<Part, () => Promise<ArrayBufferView<ArrayBuffer>>>,
): TensorToWrite[] {
  const tensor = (part: Part, dtype: 'I32' | 'F16', shape: number[]): TensorToWrite => ({
    ...{ name: `${name}.${part}`, dtype, shape },
    data: async () => new Uint8Array((await parts[part]()).buffer),
  })
  return [
    tensor('qweight', 'I32', [(columns * bits) / 32, out]),
    tensor('qzeros', 'I32', [groups, (out * bits) / 32]),
    tensor('scales', 'F16', [groups, out]),
    tensor('g_idx', 'I32', [columns]),
  ]
}

const codeWords = (codes: Uint8Array, { out, in: columns, bits }: UniformLayout) =>
  packWords(codes, { step: 1, lane: columns }, { step: out, lane: 1 }, { length: columns, lanes: out, bits })

function zeroWords(zeros: Uint8Array, { out, groups, bits }: UniformLayout, version: GptqVersion) {
  const stored = version === 1 ? zeros.map((zero) => zero - 1) : zeros
  const to = { step: 1, lane: (out * bits) / 32 }
  return packWords(stored, { step: groups, lane: 1 }, to, { length: out, lanes: groups, bits })
}

const transposed = (scale: Uint16Array, { out, groups }: UniformLayout) =>
  Uint16Array.from({ length: out * groups }, (_, cell) => scale[(cell % out) * groups + Math.floor(cell / out)]!)

const groupOf = ({ in: columns, groupOf: stated, groupSize }: UniformLayout) =>
  Int32Array.from({ length: columns }, (_, column) => stated?.[column] ?? Math.floor(column / groupSize))
