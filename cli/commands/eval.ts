import { counted } from '../../src/counted'
import type { ZeroShotReport } from '../../src/measurement-records'
import { divergence } from '../../src/pipeline/divergence'
import { weightsOf } from '../../src/pipeline/opened'
import { perplexity } from '../../src/pipeline/perplexity'
import { zeroShot } from '../../src/pipeline/zero-shot'
import { type Arguments, command, type Result, UsageError } from '../command'
import { divergenceText, intervalText } from '../divergence-text'
import { openPath, readText, taskAt, withGpu } from '../input'
import { profiled, profileFlag } from '../profile'
import { progressPrinter } from '../progress'
import { checkProtocol, maxTokensFlag, protocolFlag } from '../protocol-flag'
import { taskTable } from '../task-table'

const flags = {
  text: { type: 'text', value: 'FILE', help: 'Text to score: its perplexity.' },
  reference: {
    type: 'text',
    value: 'ORIGINAL',
    help: 'The original checkpoint: compares predictions with its own, KL divergence and top-1 agreement, beside both perplexities.',
  },
  ...protocolFlag,
  ...maxTokensFlag,
  task: { type: 'texts', value: 'FILE', help: 'Zero-shot task, one JSON object a line: its accuracy.' },
  limit: {
    type: 'number',
    value: 'N',
    min: 1,
    max: 2 ** 31,
    whole: true,
    help: 'Only the first N items of each task. Default: all.',
  },
  stored: {
    type: 'switch',
    help: 'Multiply the codes of a packed file as they are stored instead of dequantizing each block first.',
  },
  ...profileFlag,
} as const

/** Flags that say how a text is scored, and how a task is. */
const OF_TEXT = ['reference', 'protocol', 'max-tokens']
const OF_TASKS = ['limit']

export const evaluate = command({
  name: 'eval',
  positionals: ['PATH'],
  summary: 'Measures the perplexity of a checkpoint or a packed file on a text, or its accuracy on zero-shot tasks.',
  flags,
  run(args) {
    const { text, task } = args.values
    if ((text === undefined) === (task.length === 0))
      throw new UsageError(`eval: expected --text FILE or --task FILE, got ${text === undefined ? 'neither' : 'both'}`)
    const strange = (text === undefined ? OF_TEXT : OF_TASKS).find((flag) => args.given.has(flag))
    if (strange)
      throw new UsageError(`eval: --${strange}: expected with --${text === undefined ? 'text' : 'task'} only`)
    return text === undefined ? scoreTasks(args) : scoreText(args, text)
  },
})

type Args = Arguments<typeof flags>

async function scoreText({ positionals: [path], values, signal }: Args, file: string): Promise<Result> {
  const { protocol, 'max-tokens': maxTokens = null, stored } = values
  checkProtocol('eval', protocol)
  const text = await readText(file)
  const model = await openPath(path!)
  const original = values.reference === undefined ? null : await openPath(values.reference)
  return withGpu(signal, async (gpu) => {
    const request = { text, protocol, maxTokens, stored, signal, onProgress: progressPrinter() }
    if (original) {
      const sides = {
        original: { model: original, weights: weightsOf(gpu, original) },
        quantized: { model, weights: weightsOf(gpu, model) },
      }
      const report = await profiled(gpu, values.profile, () => divergence(gpu, sides, request))
      return {
        json: { ...report, model: model.name, reference: original.name, device: gpu.info.name },
        text: divergenceText(report),
      }
    }
    const report = await profiled(gpu, values.profile, () => perplexity(gpu, model, weightsOf(gpu, model), request))
    return {
      json: { ...report, model: model.name, device: gpu.info.name },
      text: `perplexity ${report.perplexity.toFixed(4)}${intervalText(report.interval)}  ${report.protocol}  ${report.text}  ${counted(report.tokens, 'token')} in ${counted(report.windows, 'window')}  ${report.seconds.toFixed(1)} s`,
    }
  })
}

async function scoreTasks({ positionals: [path], values, signal }: Args): Promise<Result> {
  const { limit = null, stored, profile } = values
  // all of them first: a bad line in the last must not cost the work on the others
  const tasks = await Promise.all(values.task.map((file) => taskAt(file, limit)))
  const model = await openPath(path!)
  return withGpu(signal, async (gpu) => {
    const reports: ZeroShotReport[] = []
    const weights = weightsOf(gpu, model)
    for (const task of tasks) {
      const request = { task, stored, signal, onProgress: progressPrinter() }
      reports.push(await profiled(gpu, profile, () => zeroShot(gpu, model, weights, request)))
    }
    return { json: { model: model.name, device: gpu.info.name, tasks: reports }, text: taskTable(reports) }
  })
}
