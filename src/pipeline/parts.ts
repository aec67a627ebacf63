import { z } from 'zod'
import { FormatError, StorageError } from '../errors'
import type { FinishedBlock } from '../formats/bitloom/block'
import { parseJson } from '../json'
import { resolveMethod } from '../methods/registry'
import { recipeSchema } from '../recipe'
import type { Recipe } from '../records'
import { differences, type Fingerprint, modelDigest, workOf } from './fingerprint'
import { checkKept } from './kept-blocks'
import type { OpenedModel } from './opened'
import { outcomeOf, type QuantizedModel } from './outcome'
import type { BlockRange } from './quantize-blocks'
import type { RunFolder } from './run-folder'
import { calibrationWindows, shortage } from './windows'

const manifestSchema = z.strictObject({
  version: z.literal(1),
  /** Parts that the model's blocks are made in. */
  parts: z.int().min(1).max(1000),
  layers: z.int().min(1).max(1000),
  recipe: recipeSchema,
  /** What every part must have been made of. */
  work: z.strictObject({
    model: z.string(),
    calibration: z.string().nullable(),
    recipe: z.string(),
    code: z.string(),
  }),
  /** Model and text as they were named, for the commands of parts. */
  paths: z.strictObject({ model: z.string(), calibration: z.string().nullable() }),
  /** Of the whole run, as a report has them. */
  warnings: z.array(z.string().max(2000)),
})

/** One model in several parts: what is to be done, and what all parts have in common. */
export type Manifest = z.infer<typeof manifestSchema>

/** FormatError where the text is no manifest. */
export function readManifest(name: string, text: string): Manifest {
  try {
    return manifestSchema.parse(parseJson(text))
  } catch {
    throw new FormatError(`${name}: expected the manifest that 'bitloom plan' writes, got something else — plan again`)
  }
}

/** Blocks of part `part`, from 1, of `parts`: as many as of any other part, or one more. */
export function blocksOf({ parts, layers }: Pick<Manifest, 'parts' | 'layers'>, part: number): BlockRange {
  const begin = (index: number) => Math.floor((index * layers) / parts)
  return { first: begin(part - 1), end: begin(part) }
}

/**
 * Cuts a run into parts. FormatError where blocks cannot be made apart: there are fewer than parts, or each would need the
 * codes of those before it.
 */
export async function planParts(
  model: OpenedModel,
  recipe: Recipe,
  calibration: { readonly text: string } | null,
  { parts, paths }: Pick<Manifest, 'parts' | 'paths'>,
): Promise<Manifest> {
  const { layers } = model.spec
  const { method, options } = resolveMethod(recipe.method, recipe.options)
  if (parts > layers)
    throw new FormatError(`parts: expected at most ${layers}, one a block, got ${parts} — use fewer workers`)
  if (parts > 1 && method.needsCalibration && recipe.calibration.stream !== 'original')
    throw new FormatError(
      `${recipe.method}: expected the calibration stream 'original', with which blocks are made apart, got 'sequential' — choose it, or make all blocks in one run`,
    )
  const complete = { ...recipe, options: options as Recipe['options'] }
  const text = method.needsCalibration && calibration ? calibration.text : null
  const windows = text === null ? null : calibrationWindows(model.tokenizer, text, recipe.calibration, recipe.seed)
  return {
    ...{ version: 1, parts, layers, paths, recipe: complete },
    work: await workOf(model, recipe, calibration),
    warnings: [...(model.source.warnings ?? []), ...(windows ? shortage(windows, recipe.calibration) : [])],
  }
}

export interface JoinOptions {
  /** How a person makes a part, for errors. */
  readonly commandOf: (part: number) => string
  /** Parts may come from different kinds of GPU. */
  readonly mixed?: boolean
}

/**
 * Joins the parts of a run; `folders` has one for each. StorageError names the first part that is lost, damaged, of another
 * run, or that has blocks of another part, and how to make it.
 */
export async function joinParts(
  model: OpenedModel,
  manifest: Manifest,
  folders: readonly RunFolder[],
  { commandOf, mixed = false }: JoinOptions,
): Promise<QuantizedModel> {
  const { work, recipe } = manifest
  if ((await modelDigest(model)) !== work.model)
    throw new StorageError('merge: expected the model that was planned, got another — name its folder')
  const blocks = new Map<number, FinishedBlock>()
  let common: Fingerprint | null = null
  let plan: string | undefined
  for (const [index, folder] of folders.entries()) {
    const part = index + 1
    const fail = (expected: string, got: string) =>
      new StorageError(`part ${part} of ${manifest.parts}: expected ${expected}, got ${got} — run: ${commandOf(part)}`)
    const own = (await folder.description())?.fingerprint
    if (!own) throw fail(`its blocks in '${folder.name}'`, 'none')
    const strange = differences({ ...work, device: '' }, { ...own, device: '' })
    if (strange.length > 0) throw fail('the work that was planned', `another ${strange.join(', ')}`)
    common ??= own
    if (!mixed && common.device !== own.device)
      throw new StorageError(
        `part ${part} of ${manifest.parts}: expected the GPU of part 1, ${nameOf(common)}, got ${nameOf(own)}, whose codes may differ near a tie — make it on the same kind, or join with --mixed`,
      )
    const found = await folder.read()
    if (found.damaged.length > 0) throw fail('whole files', `${found.damaged[0]}, which is not what was written`)
    if (index > 0 && found.planFile?.name !== plan) throw fail("the method's plan of part 1", 'another')
    plan = found.planFile?.name
    const { first, end } = blocksOf(manifest, part)
    for (let layer = first; layer < end; layer++) {
      const block = found.blocks.get(layer)
      if (!block) throw fail(`blocks ${first + 1} to ${end}`, `no block ${layer + 1}`)
      blocks.set(layer, block)
      found.blocks.delete(layer)
    }
    const [repeated] = found.blocks.keys()
    if (repeated !== undefined)
      throw new StorageError(
        `part ${part} of ${manifest.parts}: expected blocks ${first + 1} to ${end} alone, got block ${repeated + 1} too, which belongs to another part — remove '${folder.name}' and run: ${commandOf(part)}`,
      )
  }
  checkKept(model.spec, model.source, blocks)
  const all = [...blocks.values()]
  return outcomeOf(model, {
    ...{ recipe, blocks, warnings: manifest.warnings, calibrationDigest: work.calibration, resumed: 0 },
    device: deviceOf(common!),
    seconds: { total: 0 },
    peakGpuBytes: Math.max(...all.map(({ peakGpuBytes }) => peakGpuBytes)),
  })
}

const device = z.object({ name: z.string(), software: z.boolean() })

/** FormatError where the folder's description does not say it. */
function deviceOf(of: Fingerprint): z.infer<typeof device> {
  try {
    return device.parse(parseJson(of.device))
  } catch {
    throw new FormatError('run.json: expected a GPU and its settings, got something else — make this part again')
  }
}

const nameOf = (of: Fingerprint): string => `${deviceOf(of).name} (${of.device})`
