import { EXPORT_KINDS, exportName } from '../../state/exports'
import { recipeJson, recipeLabel } from '../../state/recipe'
import { visible } from '../../visible'
import { formatBytes } from '../format'
import { cardWords as words } from '../words/report'
import type { ReportDocument } from './document'
import { loadings } from './loading'
import { nats, percentOf, withInterval } from './numbers'
import { capital, fileBase } from './report'

/** Text for a cell or a line of Markdown: nothing in it means anything to Markdown, or to HTML inside of it. */
const plain = (text: string): string =>
  visible(text)
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[\\`*_{}[\]#+!|~$]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')

/** A fence longer than any in the text. */
function fenced(text: string, language = ''): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}${language}\n${text.trim()}\n${fence}\n`
}

const heading = (text: string): string => `## ${text}\n`

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows.map((row) => row.map(plain))].map((row) => `| ${row.join(' | ')} |\n`).join('')

/**
 * A model card for the Hub: Markdown behind metadata in YAML (https://huggingface.co/docs/hub/model-cards). Names no
 * license, which is the original's and known to whoever uploads.
 */
export function modelCard(document: ReportDocument): string {
  const { report, packedBytes, perplexities, divergences, tasks, exports } = document
  const { model, bits, recipe, device } = report
  const label = recipeLabel(recipe)
  const base = fileBase(model.name)
  const metadata = { tags: ['bitloom', 'quantized', recipe.method], pipeline_tag: 'text-generation' }
  const scores = [
    ...perplexities.map(({ before, after }) => {
      const { text, protocol } = (after ?? before)!
      const told = (one: typeof before) => (one ? withInterval(one.perplexity, one.interval) : '')
      return [words.perplexity(text, protocol), told(before), told(after)]
    }),
    ...divergences.flatMap(({ text, protocol, kl, topAgreement, original, quantized }) => [
      [
        words.perplexity(text, protocol),
        withInterval(original.perplexity, original.interval),
        withInterval(quantized.perplexity, quantized.interval),
      ],
      [words.divergence(text), '', withInterval(kl.mean, kl.interval, nats)],
      [words.p99(text), '', nats(kl.p99)],
      [words.sameToken(text), '', percentOf(topAgreement)],
    ]),
    ...tasks.map(({ before, after }) => [
      words.accuracy((after ?? before)!.task),
      percentOf(before?.accuracy ?? null),
      percentOf(after?.accuracy ?? null),
    ]),
  ]
  const usable = EXPORT_KINDS.flatMap(({ versions }) => versions).filter(
    ({ format }) => format === 'packed' || exports.some((one) => one.format === format && !one.facts.problem),
  )
  return [
    `---\n${JSON.stringify(metadata, null, 1)}\n---\n`,
    `# ${plain(model.name)}, ${plain(label)}\n`,
    `${words.intro(model.parameters, plain(label), plain(report.bitloom))}\n`,
    heading(words.headings.bits),
    `${words.counted}\n`,
    table(
      ['', words.bits.title],
      [
        [words.bits.code, bits.code.toFixed(4)],
        [words.bits.scale, bits.scale.toFixed(4)],
        [words.bits.index, bits.index.toFixed(4)],
        [words.bits.total, bits.total.toFixed(4)],
      ],
    ),
    `${words.sizes(formatBytes(packedBytes), formatBytes(model.bytes))}\n`,
    ...(scores.length > 0
      ? [
          heading(words.headings.measured),
          table(['', words.sides.original, words.sides.quantized], scores),
          `${words.brackets}\n`,
        ]
      : []),
    heading(words.headings.load),
    ...usable.flatMap(({ format }) => [
      `### ${plain(capital(exportName(format)))}\n`,
      ...loadings(format, base).flatMap(({ software, install, commands }) => [
        `${words.loadedBy(software, install)}\n`,
        fenced(commands, commands.startsWith('from ') ? 'python' : 'sh'),
      ]),
    ]),
    heading(words.headings.made),
    fenced(recipeJson(recipe), 'json'),
    `${words.device(plain(device.name))}${report.calibrationDigest ? words.text(plain(recipe.calibration.text), report.calibrationDigest) : ''}\n`,
  ].join('\n')
}
