import { z } from 'zod'
import type { ArchivedRun } from '../archived-run'
import { archivedJson, archivedRunSchema } from '../archived-schema'
import { FormatError } from '../errors'
import { parseJson } from '../json'

/** Runs that are handed on: `{"format": "bitloom-runs", "version": 1, "runs": [...]}`, a run as it is kept. docs/runs.md. */
const FORMAT = 'bitloom-runs'

const envelope = z.object({
  format: z.literal(FORMAT),
  version: z.literal(1),
  runs: z.array(z.unknown()).max(20_000),
})

/** Bytes of a file that is read, and values in it: more than ten thousand runs of small models, hundreds of large ones. */
const MOST_BYTES = 128 * 2 ** 20
const MOST_VALUES = 20_000_000

/** Where a result lies means nothing elsewhere, and stays. */
export function writeRuns(runs: readonly ArchivedRun[]): Blob {
  const parts: string[] = [`{"format":"${FORMAT}","version":1,"runs":[`]
  for (const [i, { version, head, body }] of runs.entries())
    parts.push(`${i > 0 ? ',' : ''}\n`, archivedJson({ version, head: { ...head, result: null }, body }))
  parts.push('\n]}\n')
  return new Blob(parts, { type: 'application/json' })
}

export interface ReadRuns {
  readonly runs: readonly ArchivedRun[]
  readonly refused: number
  /** What is wrong with the first that is no run. */
  readonly reason: string | null
}

/** FormatError where the whole is none of runs; single ones that are none are left out. */
export async function readRuns(file: Blob): Promise<ReadRuns> {
  const remedy = 'choose a file that Bitloom exported'
  if (file.size > MOST_BYTES)
    throw new FormatError(
      `import: expected at most ${MOST_BYTES} bytes, got ${file.size} — export fewer runs at a time`,
    )
  let value: unknown
  try {
    value = parseJson(await file.text(), MOST_VALUES)
  } catch (error) {
    throw new FormatError(`import: expected runs in JSON, got '${(error as Error).message}' — ${remedy}`)
  }
  const whole = envelope.safeParse(value)
  if (!whole.success)
    throw new FormatError(`import: expected runs, got a document with another ${fieldOf(whole.error)} — ${remedy}`)
  const runs: ArchivedRun[] = []
  let reason: string | null = null
  for (const one of whole.data.runs) {
    const run = archivedRunSchema.safeParse(one)
    if (run.success) runs.push({ ...run.data, head: { ...run.data.head, result: null } })
    else reason ??= `${fieldOf(run.error)}: ${run.error.issues[0]!.message}`
  }
  return { runs, refused: whole.data.runs.length - runs.length, reason }
}

const fieldOf = ({ issues }: z.ZodError): string => issues[0]!.path.join('.') || 'shape'
