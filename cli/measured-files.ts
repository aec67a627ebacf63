import { z } from 'zod'
import { FormatError } from '../src/errors'
import { divergenceReport, perplexityReport, sensitivityReport, taskReport } from '../src/measurement-schema'
import { readText } from './input'

const text = z.string().max(1000)
const names = { model: text }
const shapes = {
  divergences: { key: 'kl', schema: divergenceReport.extend({ ...names, reference: text }) },
  sensitivities: { key: 'records', schema: sensitivityReport.extend(names) },
  tasks: { key: 'tasks', schema: z.object({ ...names, tasks: z.array(taskReport) }) },
  perplexities: { key: 'nll', schema: perplexityReport.extend(names) },
} as const

type Shapes = { [K in keyof typeof shapes]: z.infer<(typeof shapes)[K]['schema']>[] }

/** What files of `--json` hold, by its kind. */
export type Measured = Readonly<Shapes>

/** Reads what `eval --json` and `sensitivity --json` printed. FormatError names the file and the field. */
export async function readMeasured(paths: readonly string[]): Promise<Measured> {
  const measured: Shapes = { divergences: [], sensitivities: [], tasks: [], perplexities: [] }
  for (const path of paths) {
    const { text: json } = await readText(path)
    const remedy = 'give what eval --json or sensitivity --bits … --json printed'
    let value: unknown
    try {
      value = JSON.parse(json)
    } catch {
      throw new FormatError(`${path}: expected JSON, got something else — ${remedy}`)
    }
    const kinds = Object.keys(shapes) as (keyof Shapes)[]
    const kind = kinds.find((one) => typeof value === 'object' && value !== null && shapes[one].key in value)
    if (!kind) throw new FormatError(`${path}: expected a measurement, got another document — ${remedy}`)
    const result = shapes[kind].schema.safeParse(value)
    if (!result.success) {
      const issue = result.error.issues[0]!
      throw new FormatError(`${path}: ${issue.path.join('.')}: ${issue.message} — ${remedy}`)
    }
    ;(measured[kind] as unknown[]).push(result.data)
  }
  return measured
}
