import { join } from 'node:path'
import { CancelledError, FormatError } from '../src/errors'
import { differences, workOf } from '../src/pipeline/fingerprint'
import { blocksOf } from '../src/pipeline/parts'
import { quantize } from '../src/pipeline/quantize'
import { type Result, StoppedError, UsageError } from './command'
import { openPath, readText, withGpu } from './input'
import { manifestIn, partFolder, partName } from './job'
import { takeLock } from './lock'
import { progressPrinter } from './progress'
import type { RecipeArguments } from './recipe-flags'

/** What `quantize --part` is about. */
interface PartRequest {
  readonly path: string
  /** 'i/N'. */
  readonly part: string
  /** The folder of the plan. */
  readonly plan: string
  readonly args: RecipeArguments
  readonly signal: AbortSignal
}

/** The rest is the plan's to say, or of no use for a part. */
const OWN_FLAGS = ['part', 'out', 'calibration', 'json']

/** Makes one part of a planned run: its blocks, in a folder of its own inside that of the plan. Goes on where it was broken off. */
export async function quantizePart({ path, part: written, plan, args, signal }: PartRequest): Promise<Result> {
  const strange = [...args.given].find((flag) => !OWN_FLAGS.includes(flag))
  if (strange)
    throw new UsageError(`quantize: --${strange}: expected without --part, whose plan decides it — leave it out`)
  const manifest = await manifestIn(plan)
  const part = partOf(written, manifest.parts)
  const range = blocksOf(manifest, part)
  const { recipe, work } = manifest
  const file = args.values.calibration
  if (work.calibration !== null && file === undefined)
    throw new UsageError(`quantize: --calibration: expected a text for ${recipe.method}, got none`)
  const calibration = work.calibration === null ? null : await readText(file!)
  const model = await openPath(path)
  const here = await workOf(model, recipe, calibration)
  const others = differences({ ...work, device: '' }, { ...here, device: '' })
  if (others.length > 0)
    throw new FormatError(
      `part ${part}: expected the work that was planned in '${plan}', got another ${others.join(', ')} — give the same, or plan again`,
    )
  const name = join(plan, partName(part, manifest.parts))
  const release = await takeLock(`${name}.lock`)
  try {
    const request = { recipe, calibration, range, signal, folder: partFolder(plan, part, manifest.parts) }
    const { report } = await withGpu(signal, (gpu) =>
      quantize(gpu, model, { ...request, onProgress: progressPrinter() }),
    )
    return {
      json: { ...{ part, parts: manifest.parts, ...range, out: name }, seconds: report.seconds, device: report.device },
      text: `${name}  blocks ${range.first + 1} to ${range.end} of ${manifest.layers}  ${report.seconds.total.toFixed(1)} s`,
    }
  } catch (error) {
    if (error instanceof CancelledError)
      throw new StoppedError(`finished blocks are kept in '${name}' — run the same command again to go on`)
    throw error
  } finally {
    await release()
  }
}

function partOf(written: string, parts: number): number {
  const [, part, of] = /^(\d{1,4})\/(\d{1,4})$/.exec(written) ?? []
  if (part === undefined || Number(of) !== parts || Number(part) < 1 || Number(part) > parts)
    throw new UsageError(`quantize: --part: expected 1/${parts} to ${parts}/${parts}, as was planned, got '${written}'`)
  return Number(part)
}
