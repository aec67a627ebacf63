import { z } from 'zod'
import { FormatError, StorageError } from '../errors'
import { parseJson } from '../json'
import { readRecipe } from '../recipe'
import { modelDigest } from './fingerprint'
import { checkKept } from './kept-blocks'
import type { OpenedModel } from './opened'
import { outcomeOf, type QuantizedModel } from './outcome'
import type { RunFolder } from './run-folder'

const deviceSchema = z.object({ name: z.string(), software: z.boolean() })

/**
 * The result of a finished run from its folder: every block is read and checked, nothing is computed. FormatError where the
 * run is of another model, StorageError where a block is missing or damaged.
 */
export async function reopen(model: OpenedModel, folder: RunFolder): Promise<QuantizedModel> {
  const { fingerprint } = (await folder.description()) ?? {}
  if (!fingerprint)
    throw new StorageError(`kept result: expected a run in '${folder.name}', got none — run its recipe again`)
  if (fingerprint.model !== (await modelDigest(model)))
    throw new FormatError(
      `${model.name}: expected the model that the run quantized, got another of this name — open the run's own files`,
    )
  const { blocks, damaged } = await folder.read()
  checkKept(model.spec, model.source, blocks)
  const { layers } = model.spec
  if (blocks.size < layers)
    throw new StorageError(
      `kept result: expected ${layers} whole blocks, got ${blocks.size}${damaged.length > 0 ? ` and ${damaged.length} damaged` : ''} — resume the run under Open, which makes the others again`,
    )
  const recipe = readRecipe({ name: 'kept result', text: fingerprint.recipe })
  const all = [...blocks.values()]
  return outcomeOf(model, {
    ...{ recipe, calibrationDigest: fingerprint.calibration, blocks, warnings: model.source.warnings ?? [] },
    device: deviceSchema.parse(parseJson(fingerprint.device)),
    // what came before the first block is in the run's record alone
    seconds: { total: 0 },
    peakGpuBytes: Math.max(...all.map(({ peakGpuBytes }) => peakGpuBytes)),
    resumed: Math.max(...all.map(({ part }) => part)),
  })
}
