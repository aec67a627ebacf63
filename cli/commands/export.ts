import { FormatError } from '../../src/errors'
import { dequantize } from '../../src/formats/dequantize'
import { exportFp16 } from '../../src/formats/export-fp16'
import { transposedNames } from '../../src/pipeline/opened'
import { command } from '../command'
import { openPath } from '../input'
import { prepareOutput, writeFolder } from '../output'
import { megabytes } from '../progress'

export const exportFolder = command({
  name: 'export',
  positionals: ['PATH'],
  summary: 'Writes a packed file as a Hugging Face folder of plain weights. Needs no GPU.',
  flags: {
    format: { type: 'choice', choices: ['fp16'], default: 'fp16', help: 'How weights are stored.' },
    out: { type: 'text', value: 'DIR', required: true, help: 'Folder to make.' },
  },
  async run({ positionals: [path], values: { format, out }, signal }) {
    await prepareOutput(out, 'choose a new folder')
    const model = await openPath(path!)
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
    return { json: { out, bytes, format }, text: `${out}  ${megabytes(bytes)}` }
  },
})
