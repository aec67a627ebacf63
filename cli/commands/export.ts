import { FormatError } from '../../src/errors'
import { dequantize } from '../../src/formats/dequantize'
import { exportFp16 } from '../../src/formats/export-fp16'
import { ggufFile } from '../../src/pipeline/gguf'
import { type OpenedModel, transposedNames } from '../../src/pipeline/opened'
import type { GgufSummary } from '../../src/records'
import { command, type Result, UsageError } from '../command'
import { openPath } from '../input'
import { prepareOutput, writeFile, writeFolder } from '../output'
import { megabytes } from '../progress'

export const exportModel = command({
  name: 'export',
  positionals: ['PATH'],
  summary: 'Writes a model for other software: as a folder of plain weights, or as a GGUF file. Needs no GPU.',
  flags: {
    format: {
      type: 'choice',
      choices: ['fp16', 'gguf'],
      default: 'fp16',
      help: 'fp16: a Hugging Face folder, every weight as float16. gguf: one file for llama.cpp, codes in the smallest types that hold them.',
    },
    rest: {
      type: 'choice',
      choices: ['F16', 'Q8_0'] as const,
      default: 'F16',
      help: 'With gguf: the type of embedding and head, and of all matrices of a model that is not quantized.',
    },
    out: { type: 'text', value: 'PATH', required: true, help: 'Folder or file to make.' },
  },
  async run({ positionals: [path], values: { format, rest, out }, given, signal }) {
    if (format !== 'gguf' && given.has('rest')) throw new UsageError('export: --rest: expected with --format gguf only')
    await prepareOutput(out, 'choose a new path')
    const model = await openPath(path!)
    return format === 'gguf' ? exportGguf(model, rest, out, signal) : exportFolder(model, out, signal)
  },
})

async function exportFolder(model: OpenedModel, out: string, signal: AbortSignal): Promise<Result> {
  const { packed } = model
  if (!packed)
    throw new FormatError(
      `${model.name}: expected a packed file, got a checkpoint of float weights — quantize it first`,
    )
  const transposed = transposedNames(model.spec)
  const linears = new Map(
    [...packed.headers].map(([name, header]) => [
      name,
      {
        ...{ out: header.out, in: header.in, transposed: transposed.has(name) },
        weights: async () => dequantize(await packed.linear(name)),
      },
    ]),
  )
  const bytes = await writeFolder(out, exportFp16(model.source, linears), signal)
  return { json: { out, bytes, format: 'fp16' }, text: `${out}  ${megabytes(bytes)}` }
}

async function exportGguf(model: OpenedModel, rest: 'F16' | 'Q8_0', out: string, signal: AbortSignal): Promise<Result> {
  const { packed } = model
  const linears = [...(packed?.headers ?? [])].map(([name, header]) => ({
    ...{ name, out: header.out, in: header.in },
    read: () => packed!.linear(name),
  }))
  const { chunks, summary } = await ggufFile(model, { linears, report: packed?.report ?? null, rest })
  const bytes = await writeFile(out, chunks, signal)
  return {
    json: { out, format: 'gguf', ...summary, bytes },
    text: `${out}  ${megabytes(bytes)}  ${ggufLine(summary)}`,
  }
}

/** What was kept and how, for people. */
function ggufLine({ bits, rest, modules }: GgufSummary): string {
  if (!bits) return `not quantized: ${rest}`
  const counts = new Map<string, number>()
  for (const { type } of modules) counts.set(type, (counts.get(type) ?? 0) + 1)
  const types = [...counts].map(([type, count]) => `${count} × ${type}`).join(', ')
  const simulated = modules.filter(({ exact }) => !exact).length
  return [
    `${bits.stored.toFixed(4)} bits/weight stored, ${bits.effective.toFixed(4)} effective  (${types}; the rest ${rest})`,
    ...(simulated > 0
      ? [`simulated: ${simulated} of ${modules.length} linears are float16, since no GGUF type holds their codes`]
      : []),
  ].join('\n')
}
