import { z } from 'zod'
import { gridNames } from '../formats/gguf/grids'
import { WIDTHS, type Width } from '../formats/quantized'
import type { Conditions, MethodDescription, OptionDescription } from './description'
import type { Method } from './method'

/** What a schema field says of itself, for form and command line. */
export interface OptionMeta {
  readonly label: string
  readonly help: string
  readonly advanced?: boolean
  readonly step?: number
  /** Labels of choices that their value does not explain. */
  readonly choices?: Readonly<Record<string, string>>
  /** Example of a text, shown where none is. */
  readonly placeholder?: string
  /** What a text must match to be worth sending, where the schema checks more than a regular expression can. */
  readonly pattern?: string
  /** Values of other options beside which this one matters: elsewhere the form hides it. */
  readonly when?: Conditions
}

/** A schema field with its description attached. */
export const described = <T extends z.ZodType>(type: T, meta: OptionMeta): T => type.meta({ ...meta }) as T

const widthType = z.union(
  WIDTHS.map((width) => z.literal(width)) as unknown as [z.ZodLiteral<Width>, z.ZodLiteral<Width>],
)

/** Options of every method on a uniform grid. */
const uniformGridOptions = {
  bits: described(widthType.default(4), { label: 'Bits', help: 'Width of every code.' }),
  groupSize: described(z.union([z.literal(-1), z.literal(32), z.literal(64), z.literal(128)]).default(128), {
    label: 'Group size',
    help: 'Columns that share a scale; smaller groups cost more scale bits and lose less.',
    choices: { '-1': 'per row' },
  }),
  symmetric: described(z.boolean().default(false), {
    label: 'Symmetric',
    help: 'No zero point: the grid is centred on zero. Cheaper to store, coarser for skewed weights.',
    advanced: true,
  }),
}

/** Beside which options of a uniform grid have a say. */
export const free = { grid: ['free'] } as const

const { bits, groupSize, symmetric } = uniformGridOptions
const heard = <T extends z.ZodType>(option: T): T =>
  described(option, { ...(option.meta() as unknown as OptionMeta), when: free })

export const gridHelp = 'Free, or the levels of a GGUF type: a file of it then holds the codes as they are.'

/** Options of methods that can quantize onto the levels of a GGUF type, too. */
export const gridOptions = {
  bits: heard(bits),
  groupSize: heard(groupSize),
  symmetric: heard(symmetric),
  grid: described(z.enum(['free', ...gridNames]).default('free'), { label: 'Grid', help: gridHelp }),
}

/** Of methods that factorize the Hessian. */
export const damping = described(z.number().min(0.0001).max(1).default(0.01), {
  label: 'Damping',
  help: 'Part of mean diag H added to its diagonal; raised tenfold when a factorization fails.',
  step: 0.005,
  advanced: true,
})

interface FieldSchema extends Partial<OptionMeta> {
  readonly type?: string
  readonly default?: unknown
  readonly minimum?: number
  readonly maximum?: number
  readonly enum?: (string | number)[]
  readonly anyOf?: { const: string | number }[]
}

/** The form of a method, derived from its schema. */
export function describeMethod(method: Method<unknown, unknown>): MethodDescription {
  const { properties = {} } = z.toJSONSchema(method.schema, { io: 'input' }) as {
    properties?: Record<string, FieldSchema>
  }
  return {
    id: method.id,
    title: method.title,
    summary: method.summary,
    needsCalibration: method.needsCalibration,
    options: Object.entries(properties).map(([key, field]) => describeOption(key, field)),
    presets: method.presets ?? [],
  }
}

function describeOption(key: string, field: FieldSchema): OptionDescription {
  const { label = key, help = '', advanced = false, when } = field
  const common = { key, label, help, advanced, ...(when && { when }) }
  if (field.type === 'boolean') return { ...common, type: 'boolean', default: field.default === true }
  const values = field.enum ?? field.anyOf?.map((choice) => choice.const)
  if (values)
    return {
      ...common,
      type: 'choice',
      choices: values.map((value) => ({ value, label: field.choices?.[String(value)] ?? String(value) })),
      default: field.default as string | number,
    }
  if (field.type === 'string') {
    const { pattern = null, placeholder = '' } = field
    return { ...common, type: 'text', pattern, placeholder, default: String(field.default ?? '') }
  }
  const { minimum: min = 0, maximum: max = Number.MAX_SAFE_INTEGER, step = 1 } = field
  return { ...common, type: 'number', min, max, step, default: Number(field.default) }
}
