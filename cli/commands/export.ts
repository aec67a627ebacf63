import { FormatError } from '../../src/errors'
import { type Exported, type ExportFormat, exportAs, exportFormats } from '../../src/pipeline/exports'
import { ggufFile, ggufNotes } from '../../src/pipeline/gguf'
import type { OpenedModel } from '../../src/pipeline/opened'
import { command } from '../command'
import { openPath } from '../input'
import { prepareOutput, writeFile, writeFolder } from '../output'
import { megabytes, say } from '../progress'

export const exportModel = command({
  name: 'export',
  positionals: ['PATH'],
  summary: 'Writes a packed file in a form that other software loads, or any model as a GGUF file. Needs no GPU.',
  flags: {
    format: {
      ...{ type: 'choice', choices: exportFormats, default: 'fp16' },
      help: 'gguf is one file for llama.cpp, embedding and head in F16 or, gguf-q8_0, in Q8_0; gptq (version 1 of its zeros, or gptq-v2) and compressed-tensors keep the codes; fp16 and bf16 are plain floats, quantization simulated; packed is one Bitloom file.',
    },
    out: { type: 'text', value: 'PATH', required: true, help: 'File or folder to make.' },
  },
  async run({ positionals: [path], values: { format, out }, signal }) {
    await prepareOutput(out, 'choose a new path')
    const { files, alone, notes, gguf } = await exported(await openPath(path!), format)
    for (const note of notes) say(`note: ${note}`)
    const bytes = await (alone ? writeFile(out, files[0]!.chunks, signal) : writeFolder(out, files, signal))
    const simulated = format === 'fp16' || format === 'bf16'
    const text = `${out}  ${megabytes(bytes)}${simulated ? '  simulated: plain floats, as large as the original' : ''}`
    return { json: { out, format, ...gguf, bytes, simulated, notes }, text }
  },
})

async function exported(model: OpenedModel, format: ExportFormat): Promise<Exported> {
  const { packed } = model
  if (packed) return exportAs(format, { ...packed, model, changed: new Map() })
  const rest = format === 'gguf' ? 'F16' : format === 'gguf-q8_0' ? 'Q8_0' : null
  if (!rest)
    throw new FormatError(
      `${model.name}: expected a packed file, got a checkpoint of float weights — quantize it first; only GGUF is made of it as it is`,
    )
  const { size, chunks, summary } = await ggufFile(model, { linears: [], report: null, rest })
  return { files: [{ name: model.name, size, chunks }], alone: true, notes: ggufNotes(summary), gguf: summary }
}
