import { FormatError } from '../../src/errors'
import { exportAs, exportFormats } from '../../src/pipeline/exports'
import { command } from '../command'
import { openPath } from '../input'
import { prepareOutput, writeFile, writeFolder } from '../output'
import { megabytes, say } from '../progress'

export const exportFolder = command({
  name: 'export',
  positionals: ['PATH'],
  summary: 'Writes a packed file in a form that other software loads. Needs no GPU.',
  flags: {
    format: {
      ...{ type: 'choice', choices: exportFormats, default: 'fp16' },
      help: 'gptq (version 1 of its zeros, or gptq-v2) and compressed-tensors keep the codes; fp16 and bf16 are plain floats, quantization simulated; packed is one Bitloom file.',
    },
    out: { type: 'text', value: 'PATH', required: true, help: 'Folder to make, or the packed file.' },
  },
  async run({ positionals: [path], values: { format, out }, signal }) {
    await prepareOutput(out, 'choose a new path')
    const model = await openPath(path!)
    const { packed, source } = model
    if (!packed)
      throw new FormatError(
        `${model.name}: expected a packed file, got a checkpoint of float weights — quantize it first`,
      )
    const { files, warnings } = await exportAs(format, { ...packed, source, changed: new Map() })
    for (const warning of warnings) say(`warning: ${warning}`)
    const write = format === 'packed' ? writeFile(out, files[0]!.chunks, signal) : writeFolder(out, files, signal)
    const bytes = await write
    const simulated = format === 'fp16' || format === 'bf16'
    const text = `${out}  ${megabytes(bytes)}${simulated ? '  simulated: plain floats, as large as the original' : ''}`
    return { json: { out, bytes, format, simulated, warnings }, text }
  },
})
