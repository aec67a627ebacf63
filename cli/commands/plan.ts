import { jsonFile, textFile } from '../../src/formats/hf-folder'
import { methods } from '../../src/methods/registry'
import { blocksOf, planParts } from '../../src/pipeline/parts'
import { type ClusterJob, kubernetesJob, shellQuoted, slurmScript } from '../cluster'
import { command, UsageError } from '../command'
import { openPath, readText } from '../input'
import { MANIFEST, partCommand } from '../job'
import { prepareOutput, writeFolder } from '../output'
import { recipeFlags, recipeOf } from '../recipe-flags'

export const plan = command({
  name: 'plan',
  positionals: ['MODEL'],
  summary: 'Cuts a run into parts that several machines make, and writes jobs for Kubernetes and Slurm. Needs no GPU.',
  flags: {
    ...recipeFlags,
    workers: {
      ...{ type: 'number', value: 'N', min: 1, max: 1000, whole: true, required: true },
      help: 'Parts to cut the blocks of the model into.',
    },
    out: { type: 'text', value: 'FOLDER', required: true, help: 'Folder to make, which all machines see.' },
    image: {
      type: 'text',
      value: 'IMAGE',
      default: 'bitloom',
      help: 'Container image with bitloom in it, for Kubernetes.',
    },
  },
  async run(args) {
    const { positionals, values, signal } = args
    const { workers: parts, out, image } = values
    const recipe = await recipeOf('plan', args)
    const needsText = methods.find(({ id }) => id === recipe.method)!.needsCalibration
    if (needsText && values.calibration === undefined)
      throw new UsageError(`plan: --calibration: expected a text for ${recipe.method}, got none`)
    await prepareOutput(out, 'choose a new folder')
    const [path] = positionals
    const model = await openPath(path!)
    const text = needsText ? await readText(values.calibration!) : null
    const paths = { model: path!, calibration: needsText ? values.calibration! : null }
    const manifest = await planParts(model, recipe, text, { parts: parts!, paths })
    const job: ClusterJob = {
      ...{ name: model.name, parts: manifest.parts, image, workingDir: process.cwd() },
      commandOf: (part) => partCommand(out, manifest, part),
    }
    const files = [
      jsonFile(MANIFEST, manifest),
      textFile('job.yaml', kubernetesJob(job)),
      textFile('job.sbatch', slurmScript(job)),
    ]
    await writeFolder(out, files, signal)
    const commands = Array.from({ length: manifest.parts }, (_, i) => partCommand(out, manifest, i + 1))
    const ranges = commands.map((_, i) => blocksOf(manifest, i + 1))
    const lines = commands.map((line, i) => `blocks ${ranges[i]!.first + 1} to ${ranges[i]!.end}: ${line}`)
    const json = { out, parts: commands.map((line, i) => ({ ...ranges[i]!, command: line })) }
    return {
      json,
      text: [...lines, `then: bitloom merge ${shellQuoted(path!)} ${shellQuoted(out)} --out FILE`].join('\n'),
    }
  },
})
