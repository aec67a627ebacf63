import { counted } from '../../src/counted'
import { writeBitloom } from '../../src/formats/bitloom/write'
import { joinParts } from '../../src/pipeline/parts'
import { command } from '../command'
import { openPath } from '../input'
import { manifestIn, partCommand, partFolder } from '../job'
import { prepareOutput, roomFor, writeFile } from '../output'
import { megabytes } from '../progress'

export const merge = command({
  name: 'merge',
  positionals: ['MODEL', 'PLAN'],
  summary: 'Joins the parts of a planned run into one packed file, after a check of every block. Needs no GPU.',
  flags: {
    out: { type: 'text', value: 'FILE', required: true, help: 'Packed file to write.' },
    force: { type: 'switch', help: 'Replace a file that exists.' },
    mixed: {
      type: 'switch',
      help: 'Join parts of different kinds of GPU, whose codes may differ, near a tie, from those of one.',
    },
  },
  async run({ positionals: [path, folder], values: { out, force, mixed }, signal }) {
    const manifest = await manifestIn(folder!)
    await prepareOutput(out, 'add --force to replace a file, or choose another --out', force)
    const model = await openPath(path!)
    const folders = Array.from({ length: manifest.parts }, (_, i) => partFolder(folder!, i + 1, manifest.parts))
    const commandOf = (part: number) => partCommand(folder!, manifest, part)
    const result = await joinParts(model, manifest, folders, { commandOf, mixed })
    const packed = writeBitloom(model.source, result, result.report, result.changed)
    await roomFor(out, packed.size)
    const bytes = await writeFile(out, packed.chunks, signal)
    const { bits } = result.report
    return {
      json: { out, bytes, parts: manifest.parts, blocks: manifest.layers, effectiveBits: bits },
      text: `${out}  ${megabytes(bytes)}  ${bits.total.toFixed(4)} bits/weight, ${counted(manifest.layers, 'block')} of ${counted(manifest.parts, 'part')}`,
    }
  },
})
