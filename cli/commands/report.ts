import { FormatError } from '../../src/errors'
import { exportFacts, exportFormats } from '../../src/pipeline/exports'
import { modelSize, type OpenedModel } from '../../src/pipeline/opened'
import { modelCard } from '../../src/ui/report/card'
import { documentJson, type Pair, type ReportDocument } from '../../src/ui/report/document'
import { reportHtml } from '../../src/ui/report/report'
import { command, UsageError } from '../command'
import { openPath } from '../input'
import { type Measured, readMeasured } from '../measured-files'
import { prepareOutput, writeFile } from '../output'
import { megabytes } from '../progress'

const WRITERS: Readonly<Record<string, (document: ReportDocument) => string>> = {
  html: reportHtml,
  json: documentJson,
  md: modelCard,
}

export const report = command({
  name: 'report',
  positionals: ['FILE'],
  summary:
    'Writes a report of a packed file: an HTML page that needs nothing else, JSON, or a model card. Needs no GPU.',
  flags: {
    out: {
      ...{ type: 'text', value: 'FILE', required: true },
      help: 'File to write: .html, .json, or .md for a model card of the Hub.',
    },
    measured: {
      ...{ type: 'texts', value: 'FILE' },
      help: 'What eval --json printed of this file or its original, or sensitivity --bits of the original. May be given several times.',
    },
    force: { type: 'switch', help: 'Replace a file that exists.' },
  },
  async run({ positionals: [path], values: { out, measured: files, force }, signal }) {
    const write = WRITERS[/\.(\w+)$/.exec(out)?.[1]?.toLowerCase() ?? '']
    if (!write) throw new UsageError(`report: --out: expected a name that ends in .html, .json or .md, got '${out}'`)
    await prepareOutput(out, 'add --force to replace a file, or choose another --out', force)
    const measured = await readMeasured(files)
    const model = await openPath(path!)
    const document = await documentOf(model, path!, measured)
    const text = write(document)
    const chunks = async function* () {
      yield new TextEncoder().encode(text)
    }
    const bytes = await writeFile(out, chunks(), signal)
    return { json: { out, bytes }, text: `${out}  ${megabytes(bytes)}` }
  },
})

async function documentOf(model: OpenedModel, path: string, measured: Measured): Promise<ReportDocument> {
  const { packed } = model
  if (!packed)
    throw new FormatError(`${path}: expected a packed file, got a checkpoint of float weights — quantize it first`)
  const { report } = packed
  const original = report.model.name
  /** Which side a measurement is of; a packed file may be called as its original was. */
  const sideOf = (name: string): 'before' | 'after' => {
    if (name === model.name) return 'after'
    if (name === original) return 'before'
    throw new FormatError(
      `measured: expected numbers of ${model.name} or of ${original}, got those of ${name} — leave that file out`,
    )
  }
  for (const { model: name } of measured.divergences) sideOf(name)
  for (const { model: name } of measured.sensitivities) sideOf(name)
  const outcome = { ...packed, model, changed: new Map() }
  const formats = exportFormats.filter((format) => format !== 'packed')
  return {
    report,
    packedBytes: modelSize(model.source).bytes,
    perplexities: paired(
      measured.perplexities.map((one) => [`${one.protocol} ${one.text} ${one.tokens}`, sideOf(one.model), one]),
    ),
    divergences: measured.divergences,
    tasks: paired(
      measured.tasks.flatMap(({ model: name, tasks }) =>
        tasks.map((task) => [`${task.task} ${task.items}`, sideOf(name), task] as const),
      ),
    ),
    sensitivities: measured.sensitivities,
    exports: await Promise.all(formats.map(async (format) => ({ format, facts: await exportFacts(format, outcome) }))),
  }
}

/** Numbers of one setting side by side. */
function paired<R>(found: readonly (readonly [setting: string, side: 'before' | 'after', report: R])[]): Pair<R>[] {
  const pairs = new Map<string, Pair<R>>()
  for (const [setting, side, report] of found)
    pairs.set(setting, { ...(pairs.get(setting) ?? { before: null, after: null }), [side]: report })
  return [...pairs.values()]
}
