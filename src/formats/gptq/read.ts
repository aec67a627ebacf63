import { z } from 'zod'
import { FormatError } from '../../errors'
import { quantizationKey } from '../config-json'
import {
  FLOATS,
  type ForeignLinear,
  type LinearShape,
  neededTensor,
  optionalTensor,
  readGroups,
  readScales,
} from '../foreign-model'
import type { Width } from '../quantized'
import type { ModelSource, TensorEntry } from '../source'
import { unpackWords } from '../words'

const READABLE: readonly number[] = [2, 3, 4, 8]

/** What matters of the configuration; widths and groups are what the tensors' shapes say. */
const config = z.object({
  checkpoint_format: z.string().default('gptq'),
  group_size: z.int().default(-1),
  pack_dtype: z.string().default('int32'),
  is_marlin_format: z.boolean().default(false),
})

/**
 * The linears of a GPTQ checkpoint of version 1 or 2. Which linear has how many bits is read off the tensors: the rules of the
 * configuration (`dynamic`) are regular expressions of a stranger, and are not run.
 */
export function readGptq(source: ModelSource, shapes: readonly LinearShape[]): Map<LinearShape, ForeignLinear> {
  const { groupSize, offset } = readConfig(source.config[quantizationKey])
  const linears = new Map<LinearShape, ForeignLinear>()
  for (const shape of shapes)
    if (source.tensors.has(`${shape.name}.qweight`)) linears.set(shape, findLinear(source, shape, groupSize, offset))
  return linears
}

/** `offset` is what a stored zero is less than the true one. */
function readConfig(value: unknown): { groupSize: number; offset: 0 | 1 } {
  const parsed = config.safeParse(value)
  if (!parsed.success)
    throw new FormatError(
      `config.json ${quantizationKey}: expected the fields of GPTQ, got ${parsed.error.issues[0]?.path.join('.').slice(0, 80)}: ${parsed.error.issues[0]?.message.slice(0, 200)} — use the config.json that came with these weights`,
    )
  const { checkpoint_format: format, group_size: groupSize, pack_dtype: pack, is_marlin_format: marlin } = parsed.data
  const known = format === 'gptq' || format === 'gptq_v2'
  if (!known || pack !== 'int32' || marlin)
    throw new FormatError(
      `config.json ${quantizationKey}: expected checkpoint_format gptq or gptq_v2 in words of int32, got '${format.slice(0, 40)}' in ${pack.slice(0, 40)}${marlin ? ' for Marlin' : ''} — convert it with GPTQModel first`,
    )
  return { groupSize, offset: format === 'gptq' ? 1 : 0 }
}

function findLinear({ tensors }: ModelSource, shape: LinearShape, stated: number, offset: 0 | 1): ForeignLinear {
  const { name, out, in: columns } = shape
  const [rows = 0] = tensors.get(`${name}.qweight`)!.shape
  const bits = (rows * 32) / columns
  if (!READABLE.includes(bits) || (out * bits) % 32 !== 0)
    throw new FormatError(
      `tensor ${name}.qweight: expected codes of ${READABLE.join(', ')} bits of a [${out}, ${columns}] matrix, got ${rows} rows of words — use the config.json that came with these weights`,
    )
  const qweight = neededTensor(tensors, `${name}.qweight`, ['I32'], [[rows, out]])
  const groups = tensors.get(`${name}.scales`)?.shape[0] ?? 0
  const scales = neededTensor(tensors, `${name}.scales`, FLOATS, [[groups, out]])
  const qzeros = neededTensor(tensors, `${name}.qzeros`, ['I32'], [[groups, (out * bits) / 32]])
  const index = optionalTensor(tensors, `${name}.g_idx`, ['I32'], [[columns]])
  const groupSize = runLength(columns, groups, stated, index !== null)
  if (groupSize === null)
    throw new FormatError(
      `tensor ${name}.scales: expected groups of ${stated} columns to cover ${columns}, got ${groups} — use the config.json that came with these weights`,
    )
  const read = async () => ({
    ...{ name, out, in: columns, bits: bits as Width, groupSize, groups },
    groupOf: index && (await readGroups(index, groups, groupSize)),
    codes: unpackWords(
      await words(qweight),
      { step: out, lane: 1 },
      { step: 1, lane: columns },
      {
        ...{ length: columns, lanes: out, bits },
      },
    ),
    scale: transposed(await readScales(scales), out, groups),
    zeros: zerosOf(await words(qzeros), { out, groups, bits, offset }),
  })
  const bytes = { code: qweight.bytes, scale: scales.bytes + qzeros.bytes, index: index?.bytes ?? 0 }
  return { bits: bits as Width, groupSize, groups, bytes, read }
}

/** Columns of a run, so that `groups` of them cover the matrix; where columns name their groups any will do. */
function runLength(columns: number, groups: number, stated: number, named: boolean): number | null {
  const sizes = [stated, Math.ceil(columns / groups)].filter((size) => size > 0 && Math.ceil(columns / size) === groups)
  return sizes[0] ?? (named && groups > 0 ? Math.ceil(columns / groups) : null)
}

const words = async (entry: TensorEntry) => new Uint32Array((await entry.read()).buffer)

const transposed = (scale: Uint16Array, out: number, groups: number) =>
  Uint16Array.from({ length: out * groups }, (_, cell) => scale[(cell % groups) * out + Math.floor(cell / groups)]!)

/** Zeros [out, groups]; version 1 wraps, so that a zero of 0 is stored as all ones. */
function zerosOf(
  stored: Uint32Array,
  { out, groups, bits, offset }: { out: number; groups: number; bits: number; offset: 0 | 1 },
): Uint8Array<ArrayBuffer> {
  const from = { step: 1, lane: (out * bits) / 32 }
  const zeros = unpackWords(stored, from, { step: groups, lane: 1 }, { length: out, lanes: groups, bits })
  return zeros.map((zero) => (zero + offset) & (2 ** bits - 1))
}
