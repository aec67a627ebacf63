import { EXPORT_KINDS, exportName } from '../../state/exports'
import { recipeJson, recipeLabel } from '../../state/recipe'
import { visible } from '../../visible'
import { formatBytes, formatInteger } from '../format'
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
      return [`perplexity, ${text}, ${protocol}`, told(before), told(after)]
    }),
    ...divergences.flatMap(({ text, protocol, kl, topAgreement, original, quantized }) => [
      [
        `perplexity, ${text}, ${protocol}`,
        withInterval(original.perplexity, original.interval),
        withInterval(quantized.perplexity, quantized.interval),
      ],
      [`KL divergence, nats a token, ${text}`, '', withInterval(kl.mean, kl.interval, nats)],
      [`KL divergence, 99th percentile, ${text}`, '', nats(kl.p99)],
      [`same likeliest token, %, ${text}`, '', percentOf(topAgreement)],
    ]),
    ...tasks.map(({ before, after }) => [
      `${(after ?? before)!.task}, accuracy, %`,
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
    `A language model of ${formatInteger(model.parameters)} parameters, quantized with ${plain(label)} by Bitloom ${plain(report.bitloom)}.\n`,
    '## Bits\n',
    'Counted from stored bytes over the weights of the quantized linears; embedding, head and norms stay as they were.\n',
    table(
      ['', 'bits a weight'],
      [
        ['codes', bits.code.toFixed(4)],
        ['scales', bits.scale.toFixed(4)],
        ['indices', bits.index.toFixed(4)],
        ['all that is stored', bits.total.toFixed(4)],
      ],
    ),
    `The packed file is ${formatBytes(packedBytes)}, the original was ${formatBytes(model.bytes)}.\n`,
    ...(scores.length > 0
      ? [
          '## Measured\n',
          table(['', 'original', 'quantized'], scores),
          'In brackets: 95 % confidence interval over windows; ±: standard error.\n',
        ]
      : []),
    '## How to load it\n',
    ...usable.flatMap(({ format }) => [
      `### ${plain(capital(exportName(format)))}\n`,
      ...loadings(format, base).flatMap(({ software, install, commands }) => [
        `${software}${install && `, after \`${install}\``}:\n`,
        fenced(commands, commands.startsWith('from ') ? 'python' : 'sh'),
      ]),
    ]),
    '## How it was made\n',
    fenced(recipeJson(recipe), 'json'),
    `Device: ${plain(device.name)}.${report.calibrationDigest ? ` Calibration text: ${plain(recipe.calibration.text)}, SHA-256 ${report.calibrationDigest}.` : ''}\n`,
  ].join('\n')
}
