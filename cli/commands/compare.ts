import { counted } from '../../src/counted'
import { methods } from '../../src/methods/registry'
import { digest } from '../../src/pipeline/digest'
import { modelSize } from '../../src/pipeline/opened'
import { version } from '../../src/version'
import { remembering } from '../../src/workers/remembering'
import { command, StoppedError, UsageError } from '../command'
import {
  checkSetting,
  isDone,
  readComparison,
  type Setting,
  type TextIdentity,
  writeComparison,
} from '../compare/document'
import { planRuns } from '../compare/plan'
import { compareRuns, type Text } from '../compare/runs'
import { comparisonTable } from '../compare/table'
import { openPath, readText, withGpu } from '../input'
import { prepareOutput } from '../output'
import { partsPrinter } from '../progress'
import { checkProtocol, protocolFlag } from '../protocol-flag'
import { recipeFlags } from '../recipe-flags'

export const compare = command({
  name: 'compare',
  positionals: ['PATH'],
  summary: 'Quantizes a checkpoint by many recipes and measures the perplexity of each.',
  flags: {
    text: { type: 'texts', value: 'FILE', required: true, help: 'Text to score.' },
    ...protocolFlag,
    chars: {
      ...{ type: 'number', value: 'N', min: 1, max: 2 ** 31, whole: true },
      help: 'Only the first N characters of each text. Default: all of them.',
    },
    sweep: {
      ...{ type: 'texts', value: 'OPTION=A,B' },
      help: 'Values of a flag below, each combined with those of every other sweep (with ; between values that hold commas).',
    },
    recipes: {
      type: 'text',
      value: 'FILE',
      help: 'JSON list of {"label", "recipe"}; flags beside it change them all.',
    },
    out: {
      type: 'text',
      value: 'FILE',
      help: 'JSON to keep every run in; runs that it holds already are not repeated.',
    },
    ...recipeFlags,
  },
  async run(args) {
    const { positionals, values, signal } = args
    const { protocol, out, chars } = values
    checkProtocol('compare', protocol)
    const planned = await planRuns(args, values.recipes, values.sweep)
    const needy = planned.find(({ recipe }) => methods.find(({ id }) => id === recipe.method)!.needsCalibration)
    if (needy && values.calibration === undefined)
      throw new UsageError(`compare: --calibration: expected a text for ${needy.recipe.method}, got none`)
    const texts = await Promise.all(values.text.map(async (path) => firstCharacters(await readText(path), chars)))
    const twin = texts.find(({ name }, at) => texts.findIndex((other) => other.name === name) < at)
    if (twin) throw new UsageError(`compare: --text: expected texts of different names, got ${twin.name} twice`)
    const calibration = needy ? await readText(values.calibration!) : null
    const earlier = out === undefined ? null : await readComparison(out)
    if (out !== undefined) await prepareOutput(out, 'choose another --out', true)
    const opened = await openPath(positionals[0]!)
    // every text whole, the calibration text and beginnings of it: nothing is encoded twice
    const model = { ...opened, tokenizer: remembering(opened.tokenizer, texts.length + 8) }
    const { tell, pass } = partsPrinter()
    return withGpu(signal, async (gpu) => {
      const setting: Setting = {
        version: 1,
        model: { name: model.name, ...modelSize(model.source) },
        device: { name: gpu.info.name, software: gpu.info.software },
        ...{ bitloom: version, protocol, texts: await Promise.all(texts.map(identity)) },
        calibration: calibration && (await identity(calibration)),
      }
      if (earlier) checkSetting(out!, earlier, setting)
      let kept = earlier
      try {
        const comparison = await compareRuns(gpu, model, {
          ...{ setting, texts, calibration, planned, earlier, signal, pass, tell },
          save: async (comparison) => {
            if (out !== undefined) await writeComparison(out, comparison)
            kept = comparison
          },
        })
        const failed = comparison.runs.some((run) => !isDone(run))
        return { json: comparison, text: comparisonTable(comparison), failed }
      } catch (error) {
        if (signal.aborted && out !== undefined && kept)
          throw new StoppedError(
            `${out} keeps ${counted(kept.runs.length, 'run')}; the same command goes on from there`,
          )
        throw error
      }
    })
  },
})

function firstCharacters({ name, text }: Text, count: number | undefined): Text {
  return { name, text: count === undefined ? text : [...text].slice(0, count).join('') }
}

const identity = async ({ name, text }: Text): Promise<TextIdentity> => ({
  ...{ name, characters: [...text].length, digest: await digest(text) },
})
