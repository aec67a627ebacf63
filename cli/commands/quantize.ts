import { roughly } from '../../src/duration'
import { writeBitloom } from '../../src/formats/bitloom/write'
import { sumPublished } from '../../src/formats/bits'
import { methods } from '../../src/methods/registry'
import { forecastRun } from '../../src/pipeline/inspect'
import { quantize as quantizeModel } from '../../src/pipeline/quantize'
import type { RunFolder } from '../../src/pipeline/run-folder'
import type { PublishedBits } from '../../src/records'
import { command, UsageError } from '../command'
import { openPath, readText, withGpu } from '../input'
import { prepareOutput, roomFor, writeFile } from '../output'
import { quantizePart } from '../part'
import { grainOf, measured, occupancyFlag, profileFlag, sayProfile } from '../profile'
import { megabytes, progressPrinter, say } from '../progress'
import { recipeFlags, recipeOf } from '../recipe-flags'
import { memoryLine, peakHostBytes, roomFlags, roomOf, scratchOf } from '../room'
import { withRunFolder } from '../run-folder'

export const quantize = command({
  name: 'quantize',
  positionals: ['PATH'],
  summary: 'Quantizes a checkpoint into one packed file.',
  flags: {
    ...recipeFlags,
    out: { type: 'text', value: 'FILE', required: true, help: 'Packed file to write.' },
    force: { type: 'switch', help: 'Replace a file that exists.' },
    fresh: {
      type: 'switch',
      help: 'Start over where a run for this output was broken off, instead of going on with it.',
    },
    part: {
      ...{ type: 'text', value: 'I/N' },
      help: "Make only the blocks of part I of a plan of N parts; --out is the folder that 'bitloom plan' made.",
    },
    ...roomFlags,
    ...profileFlag,
    ...occupancyFlag,
  },
  async run(args) {
    const { positionals, values, signal } = args
    const { out, force, fresh, part } = values
    if (part !== undefined) return quantizePart({ path: positionals[0]!, part, plan: out, args, signal })
    const recipe = await recipeOf('quantize', args)
    const needsText = methods.find(({ id }) => id === recipe.method)!.needsCalibration
    if (needsText && values.calibration === undefined)
      throw new UsageError(`quantize: --calibration: expected a text for ${recipe.method}, got none`)
    await prepareOutput(out, 'add --force to replace a file, or choose another --out', force)
    const calibration = needsText ? await readText(values.calibration!) : null
    const model = await openPath(positionals[0]!)
    const work = (folder: RunFolder) =>
      withGpu(signal, async (gpu) => {
        const room = await roomOf('quantize', values, gpu.info, out)
        const scratch = await scratchOf(values, out)
        const forecast = await forecastRun(model, recipe, gpu, room)
        const time = forecast.seconds === null ? '' : `about ${roughly(forecast.seconds)}, `
        say(`${time}${memoryLine(forecast, gpu.info)}`)
        const print = progressPrinter()
        const { result, profile } = await measured(gpu, grainOf(values), (enter) =>
          quantizeModel(gpu, model, {
            ...{ recipe, calibration, signal, folder, room, scratch },
            onProgress: (progress) => {
              if (progress.type === 'phase') enter(progress.phase)
              print(progress)
            },
          }),
        )
        const { changed, report } = result
        if (profile) sayProfile(profile, report.seconds)
        const packed = writeBitloom(model.source, result, report, changed)
        await roomFor(out, packed.size)
        const bytes = await writeFile(out, packed.chunks, signal)
        const { bits, modules, seconds, peakGpuBytes, device, warnings } = report
        const published = sumPublished(modules)
        const json = {
          ...{ out, bytes, effectiveBits: bits, publishedBits: published },
          // what has a value a column, a step or an edge is in the file
          modules: modules.map(
            ({ columns: _, training: __, graph: ___, grouping: ____, reconstruction: _____, ...module }) => module,
          ),
          ...{
            seconds,
            peakGpuBytes,
            device,
            recipe: report.recipe,
            resumed: report.resumed ?? 0,
            smallerBatches: report.smallerBatches ?? [],
            warnings,
          },
          ...{ peakHostBytes: peakHostBytes(), forecast },
          ...(profile && { profile }),
        }
        const text = `${out}  ${megabytes(bytes)}  ${bits.total.toFixed(4)} bits/weight (code ${bits.code.toFixed(4)}, scale ${bits.scale.toFixed(4)}, index ${bits.index.toFixed(4)})  ${seconds.total.toFixed(1)} s`
        return { json, text: published ? `${text}\n${publishedLine(published)}` : text }
      })
    return withRunFolder(out, fresh, work)
  },
})

/** The method's own count beside ours, and why it is another. */
const publishedLine = ({ weight, scale, why }: PublishedBits): string =>
  `published count: ${weight.toFixed(4)} for weights, ${scale.toFixed(4)} for scales. ${why}`
