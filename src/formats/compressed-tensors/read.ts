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
import { WIDTHS, type Width } from '../quantized'
import type { ModelSource, TensorEntry } from '../source'
import { denseWords, paddedWords, unpackWords } from '../words'

const FORMAT = 'pack-quantized'
const width = z.literal(WIDTHS)

/** What matters of the configuration; groups are what the tensors' shapes say. */
const config = z.object({
  format: z.string().default(FORMAT),
  config_groups: z.record(
    z.string(),
    z.object({
      targets: z.array(z.string()).default([]),
      weights: z.object({ num_bits: width, type: z.literal('int').default('int') }),
      input_activations: z.null().optional(),
      format: z.string().nullish(),
    }),
  ),
})
type Settings = z.infer<typeof config>['config_groups'][string]

/**
 * The linears of a compressed-tensors checkpoint of packed integers. The width of a linear is the one whose words have the shape of
 * its tensor; where several do, the one that names the linear: targets that are regular expressions are not run.
 */
export function readCompressedTensors(
  source: ModelSource,
  shapes: readonly LinearShape[],
): Map<LinearShape, ForeignLinear> {
  const settings = readConfig(source.config[quantizationKey])
  const linears = new Map<LinearShape, ForeignLinear>()
  for (const shape of shapes)
    if (source.tensors.has(`${shape.name}.weight_packed`)) linears.set(shape, findLinear(source, shape, settings))
  return linears
}

function readConfig(value: unknown): Settings[] {
  const parsed = config.safeParse(value)
  if (!parsed.success)
    throw new FormatError(
      `config.json ${quantizationKey}: expected groups of weights as integers of 1 to 8 bits, got ${parsed.error.issues[0]?.path.join('.').slice(0, 80)}: ${parsed.error.issues[0]?.message.slice(0, 200)} — use a checkpoint whose weights alone are packed integers`,
    )
  const groups = Object.values(parsed.data.config_groups)
  const other = groups.map(({ format }) => format ?? parsed.data.format).find((format) => format !== FORMAT)
  if (other !== undefined)
    throw new FormatError(
      `config.json ${quantizationKey}: expected the format ${FORMAT}, got '${other.slice(0, 40)}' — use a checkpoint whose weights are packed integers`,
    )
  return groups
}

/** A width, and how its codes are laid into words: versions before June 2026 let none cross from a word into the next. */
interface Packing {
  readonly bits: Width
  readonly padded: boolean
}

function findLinear({ tensors }: ModelSource, shape: LinearShape, settings: readonly Settings[]): ForeignLinear {
  const { name, out, in: columns } = shape
  const { bits, padded } = packingOf(shape, tensors.get(`${name}.weight_packed`)!, settings)
  const rowWords = padded ? paddedWords(columns, bits) : denseWords(columns, bits)
  const packed = neededTensor(tensors, `${name}.weight_packed`, ['I32'], [[out, rowWords]])
  const groups = tensors.get(`${name}.weight_scale`)?.shape[1] ?? 1
  const scales = neededTensor(tensors, `${name}.weight_scale`, FLOATS, [[out, groups]])
  const zeroWords = padded ? paddedWords(out, bits) : denseWords(out, bits)
  const zeros = optionalTensor(
    tensors,
    `${name}.weight_zero_point`,
    ['I32', 'I8'],
    [
      [zeroWords, groups],
      [out, groups],
    ],
  )
  const index = optionalTensor(tensors, `${name}.weight_g_idx`, ['I32'], [[columns]])
  const stored = optionalTensor(tensors, `${name}.weight_shape`, ['I64', 'I32'], [[2]])
  if (groups < 1 || columns % groups !== 0)
    throw new FormatError(
      `tensor ${name}.weight_scale: expected groups of equal size of ${columns} columns, got ${groups} — use the config.json that came with these weights`,
    )
  const groupSize = columns / groups
  const read = async () => {
    if (stored) await checkShape(stored, shape)
    return {
      ...{ name, out, in: columns, bits, groupSize, groups },
      groupOf: index && (await readGroups(index, groups, groupSize)),
      codes: unpackWords(
        await words(packed),
        { step: 1, lane: rowWords },
        { step: 1, lane: columns },
        { length: columns, lanes: out, bits },
        padded,
      ),
      scale: await readScales(scales),
      zeros: zeros && (await zerosOf(zeros, { out, groups, bits, padded })),
    }
  }
  const bytes = {
    code: packed.bytes,
    scale: scales.bytes + (zeros?.bytes ?? 0),
    index: (index?.bytes ?? 0) + (stored?.bytes ?? 0),
  }
  return { bits, groupSize, groups, bytes, read }
}

function packingOf({ name, in: columns }: LinearShape, { shape }: TensorEntry, settings: readonly Settings[]): Packing {
  const fits = ({ bits, padded }: Packing) =>
    shape[1] === (padded ? paddedWords(columns, bits) : denseWords(columns, bits))
  const fitting = settings.flatMap(({ targets, weights: { num_bits: bits } }) => {
    const packing = [false, true].map((padded) => ({ bits, padded })).find(fits)
    return packing ? [{ packing, named: targets.includes(name) }] : []
  })
  const widths = new Set(fitting.map(({ packing }) => packing.bits))
  const chosen = widths.size > 1 ? fitting.find(({ named }) => named) : fitting[0]
  if (chosen) return chosen.packing
  throw new FormatError(
    `tensor ${name}.weight_packed: expected words of ${columns} codes of ${[...new Set(settings.map(({ weights }) => weights.num_bits))].join(' or ')} bits, got ${shape[1]} a row${widths.size > 1 ? ', which more than one width has' : ''} — use the config.json that came with these weights`,
  )
}

async function checkShape(entry: TensorEntry, { name, out, in: columns }: LinearShape): Promise<void> {
  const { buffer } = await entry.read()
  const stated = entry.dtype === 'I64' ? [...new BigInt64Array(buffer)] : [...new Int32Array(buffer)]
  if (String(stated) !== String([out, columns]))
    throw new FormatError(
      `tensor ${name}.weight_shape: expected [${out}, ${columns}], got [${stated.join(', ')}] — use the config.json that came with these weights`,
    )
}

const words = async (entry: TensorEntry) => new Uint32Array((await entry.read()).buffer)

/** Zeros [out, groups]; where they are single bytes, signed ones. */
async function zerosOf(
  entry: TensorEntry,
  { out, groups, bits, padded }: Packing & { out: number; groups: number },
): Promise<Uint8Array<ArrayBuffer>> {
  if (entry.dtype === 'I32') {
    const lanes = { step: groups, lane: 1 }
    return unpackWords(await words(entry), lanes, lanes, { length: out, lanes: groups, bits }, padded)
  }
  const middle = 2 ** (bits - 1)
  return Uint8Array.from(new Int8Array((await entry.read()).buffer), (zero) => {
    if (zero < -middle || zero >= middle)
      throw new FormatError(
        `tensor ${entry.name}: expected zeros of ${bits} bits, got ${zero} — the file is damaged; fetch it again`,
      )
    return zero + middle
  })
}
