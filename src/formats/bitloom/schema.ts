import { z } from 'zod'
import { FormatError } from '../../errors'
import { parseJson } from '../../json'
import type { ModuleRecord, RunReport } from '../../records'
import type { AffineHeader } from '../affine-check'
import type { LinearHeader } from '../linear-check'
import { WIDTHS } from '../quantized'
import type { SignHeader } from '../sign-check'
import type { BlockSummary } from './block'
import type { StoredGrouping } from './grouping-tensors'
import { LANES, type StoredModule, storedModule } from './module-tensors'

/** A report as its JSON holds it: columns, learning and graph of a module are tensors of the file. */
export type StoredReport = Omit<RunReport, 'modules'> & { readonly modules: readonly StoredModule[] }

type StoredBlockSummary = BlockSummary & { readonly modules: readonly StoredModule[] }

const count = z.int().min(0)
const width = z.literal(WIDTHS)

const affine = z.object({
  kind: z.literal('affine'),
  out: count,
  in: count,
  segments: z.array(z.object({ bits: width, columns: count })),
  groupSize: count,
  groups: count,
  permuted: z.boolean(),
  named: z.boolean(),
  rule: z.enum(['width', 'shared']).optional(),
  grid: z.discriminatedUnion('type', [
    z.object({ type: z.literal('symmetric') }),
    z.object({ type: z.literal('zero'), zeroBits: width }),
    z.object({ type: z.literal('range') }),
  ]),
}) satisfies z.ZodType<AffineHeader>

const sign = z.object({
  kind: z.literal('sign'),
  out: count,
  in: count,
  groups: count,
  blockColumns: count,
  perRow: z.boolean(),
  centered: z.boolean(),
  sparse: z.object({ count, gapBits: count, gapWords: count, bits: width, zeros: z.boolean() }).nullable(),
  salient: count.nullable(),
}) satisfies z.ZodType<SignHeader>

const header: z.ZodType<LinearHeader> = z.discriminatedUnion('kind', [affine, sign])

/** JSON has no NaN and no infinity, results do: they travel by name. */
const real = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity']).transform(Number)])
const named = (_: string, value: unknown) =>
  typeof value === 'number' && !Number.isFinite(value) ? String(value) : value

const bits = z.object({ code: real, scale: real, index: real, total: real })
/** Names, and sentences such as warnings. */
const text = z.string().max(2000)

const grouping: z.ZodType<StoredGrouping> = z.object({
  threshold: real,
  salient: real,
  boundaries: z.array(real),
  amplitudes: z.array(real),
  silhouettes: z.array(real),
  histogram: z.object({ most: real, counts: count }),
  sample: z.object({ values: count, edges: count }).nullable(),
})

const module: z.ZodType<StoredModule> = z.object({
  name: text,
  layer: real,
  role: text,
  out: real,
  in: real,
  bits,
  error: z.object({ weight: real, output: real.nullable() }),
  damping: real.nullable(),
  deadColumns: real,
  seconds: real,
  warnings: z.array(text),
  lanes: z.array(z.enum(LANES)).optional(),
  training: count.nullish(),
  graph: z.object({ nodes: count, edges: count }).nullish(),
  published: z.object({ weight: real, scale: real, why: text }).nullish(),
  grouping: grouping.nullish(),
  flips: real.nullish(),
  reconstruction: count.nullish(),
})

const seconds = z.object({ total: real }).catchall(real)

const stored: z.ZodType<StoredReport> = z.object({
  version: z.literal(1),
  bitloom: text,
  model: z.object({ name: text, parameters: real, bytes: real }),
  recipe: z.object({
    version: z.literal(1),
    method: text,
    options: z.record(text, z.unknown()),
    calibration: z.object({
      text,
      samples: real,
      length: real,
      pick: z.enum(['first', 'random']),
      stream: z.enum(['sequential', 'original']).optional(),
    }),
    seed: real,
  }),
  calibrationDigest: text.nullable(),
  device: z.object({ name: text, software: z.boolean() }),
  bits,
  modules: z.array(module),
  seconds,
  peakGpuBytes: real,
  resumed: count.optional(),
  smallerBatches: z.array(z.object({ layer: count, windows: count })).optional(),
  warnings: z.array(text),
})

const block: z.ZodType<StoredBlockSummary> = z.object({
  layer: count,
  seconds,
  drift: real.nullable(),
  peakGpuBytes: real,
  part: count,
  windows: count.optional(),
  changed: z.array(z.object({ name: text, size: count })),
  scalings: z.array(z.object({ name: text, rows: count.nullable(), columns: count.nullable() })),
  modules: z.array(module),
})

export const linearsToJson = (headers: ReadonlyMap<string, LinearHeader>): string =>
  JSON.stringify(Object.fromEntries(headers))

export const linearsFromJson = (json: string | undefined): Map<string, LinearHeader> =>
  new Map(Object.entries(parse('bitloom.linears', z.record(text, header), json)))

export const reportToJson = ({ modules, ...report }: RunReport): string =>
  JSON.stringify({ ...report, modules: modules.map(storedModule) }, named)

export const reportFromJson = (json: string | undefined): StoredReport => parse('bitloom.report', stored, json)

export const blockToJson = ({
  modules,
  ...block
}: BlockSummary & { readonly modules: readonly ModuleRecord[] }): string =>
  JSON.stringify({ ...block, modules: modules.map(storedModule) }, named)

export const blockFromJson = (json: string | undefined): StoredBlockSummary => parse('bitloom.block', block, json)

function parse<T>(key: string, schema: z.ZodType<T>, json: string | undefined): T {
  const fail = (got: string): never => {
    throw new FormatError(`metadata ${key}: expected ${got} — the file is damaged; pack the model again`)
  }
  if (json === undefined) return fail('JSON, got none')
  let value: unknown
  try {
    value = parseJson(json)
  } catch {
    fail('JSON, got something else')
  }
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  return fail(`valid fields, got ${issue?.path.join('.').slice(0, 120)}: ${issue?.message.slice(0, 200)}`)
}
