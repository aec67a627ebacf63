import { sumPublished } from '../../formats/bits'
import type { DivergenceReport, SensitivityReport } from '../../measurement-records'
import type { ExportFormat } from '../../pipeline/exports'
import type { ModuleRecord } from '../../records'
import { EXPORT_KINDS, exportName } from '../../state/exports'
import { recipeJson, recipeLabel } from '../../state/recipe'
import { formatBinary, formatBytes, formatDuration, formatError, formatInteger, formatSetting } from '../format'
import { reportWords as words } from '../words/report'
import type { ReportDocument } from './document'
import { divergenceFigures, learningFigures, moduleMaps, sensitivityMaps } from './figures'
import { Html, html, table } from './html'
import { loadings } from './loading'
import { nats, percentOf, twoDigits, withInterval } from './numbers'
import { STYLE } from './style'

/** Only what is in the file itself: no script, no picture or style from elsewhere. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

/** Rows of modules beyond this are left to the JSON report: nobody reads them, and a printer would. */
const MOST_ROWS = 600

/**
 * A result as one HTML file that needs nothing else: no scripts, maps as inline SVG, light and dark, fit for a printer. All
 * that came from files is escaped.
 */
export function reportHtml(document: ReportDocument): string {
  const { report, divergences } = document
  const title = `${report.model.name}, ${recipeLabel(report.recipe)}`
  return html`<!doctype html>
<html lang="${words.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="generator" content="Bitloom ${report.bitloom}">
<title>${title}</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<main>
<h1>${report.model.name}</h1>
<p class="lead">${words.quantized(recipeLabel(report.recipe), report.bitloom)}</p>
${keyNumbers(document)}
<h2>${words.headings.bits}</h2>
${bits(document)}
<h2>${words.headings.cost}</h2>
${quality(document)}
${divergences.length > 0 && divergenceFigures(document)}
${document.sensitivities.map((one) => sensitivity(report.modules, one))}
<h2>${words.headings.where}</h2>
${moduleMaps(report)}
${learning(report.modules)}
${modules(report.modules)}
<h2>${words.headings.load}</h2>
${loading(document)}
<h2>${words.headings.made}</h2>
${making(document)}
</main>
</body>
</html>
`.markup
}

function keyNumbers({ report, packedBytes, perplexities, divergences }: ReportDocument): Html {
  const pair = perplexities.find(({ before, after }) => before && after)
  const [divergence] = divergences
  const shown: [string, string, string][] = [
    [words.key.bits, report.bits.total.toFixed(3), words.key.codes(report.bits.code.toFixed(3))],
    [words.key.packed, formatBytes(packedBytes), words.key.of(formatBytes(report.model.bytes))],
  ]
  const [before, after, text] = pair
    ? [pair.before!.perplexity, pair.after!.perplexity, pair.after!.text]
    : divergence
      ? [divergence.original.perplexity, divergence.quantized.perplexity, divergence.text]
      : [0, 0, '']
  if (text) shown.push([words.key.perplexity, twoDigits(after), words.key.before(twoDigits(before), text)])
  if (divergence) shown.push([words.key.divergence, nats(divergence.kl.mean), words.key.p99(nats(divergence.kl.p99))])
  return html`<dl class="key">${shown.map(([name, value, more]) => html`<div><dt>${name}</dt><dd>${value}<small>${more}</small></dd></div>`)}</dl>`
}

function bits({ report, packedBytes }: ReportDocument): Html {
  const { code, scale, index, total } = report.bits
  const weights = report.modules.reduce((sum, { out, in: columns }) => sum + out * columns, 0)
  const published = sumPublished(report.modules)
  return html`<p>${words.counted(weights, report.modules.length, formatBytes(packedBytes))}</p>
${table(words.bits.caption, words.bits.head, [
  [words.bits.code, code.toFixed(4)],
  [words.bits.scale, scale.toFixed(4)],
  [words.bits.index, index.toFixed(4)],
  [words.bits.total, total.toFixed(4)],
  ...(published ? [[words.bits.published, (published.weight + published.scale).toFixed(4)]] : []),
])}${published && html`<p class="quiet">${published.why}</p>`}`
}

function quality({ perplexities, divergences, tasks }: ReportDocument): Html {
  if (perplexities.length + divergences.length + tasks.length === 0) return html`<p>${words.notMeasured}</p>`
  const intervals = [...perplexities.flatMap(({ before, after }) => [before, after]), ...divergences].some(
    (one) => one !== null && one.windows > 1,
  )
  return html`${
    perplexities.length > 0 &&
    table(
      words.perplexity.caption,
      words.perplexity.head,
      perplexities.map(({ before, after }) => {
        const { text, protocol, tokens } = (after ?? before)!
        return [
          ...[text, protocol, formatInteger(tokens)],
          before ? withInterval(before.perplexity, before.interval) : '',
          after ? withInterval(after.perplexity, after.interval) : '',
          before && after ? `× ${(after.perplexity / before.perplexity).toFixed(4)}` : '',
        ]
      }),
    )
  }${
    divergences.length > 0 &&
    table(
      words.divergence.caption,
      words.divergence.head,
      divergences.map(({ text, protocol, tokens, kl, topAgreement }) => [
        ...[text, protocol, formatInteger(tokens), withInterval(kl.mean, kl.interval, nats)],
        ...[nats(kl.median), nats(kl.p90), nats(kl.p99), nats(kl.max), percentOf(topAgreement)],
      ]),
    )
  }${divergences.length > 0 && bothSides(divergences)}${intervals && html`<p class="quiet">${words.intervals}</p>`}${
    tasks.length > 0 &&
    table(
      words.tasks.caption,
      words.tasks.head,
      tasks.map(({ before, after }) => {
        const one = (after ?? before)!
        return [
          ...[
            one.task,
            formatInteger(one.items),
            percentOf(before?.accuracy ?? null),
            percentOf(after?.accuracy ?? null),
          ],
          ...[percentOf(before?.normalized ?? null), percentOf(after?.normalized ?? null)],
        ]
      }),
    )
  }`
}

const bothSides = (divergences: readonly DivergenceReport[]): Html =>
  table(
    words.both.caption,
    words.both.head,
    divergences.map(({ text, protocol, original, quantized, ratio }) => [
      ...[text, protocol, withInterval(original.perplexity, original.interval)],
      withInterval(quantized.perplexity, quantized.interval),
      `× ${withInterval(ratio.value, ratio.interval, (value) => value.toFixed(4))}`,
    ]),
  )

function sensitivity(modules: readonly ModuleRecord[], report: SensitivityReport): Html {
  const { by, text, protocol, tokens, groupSize, perplexity, interval } = report
  const setting = { text, protocol, tokens, perplexity: withInterval(perplexity, interval) }
  return html`<h2>${words.headings.sensitivity}</h2>
<p>${words.sensitivity(by, groupSize > 0 ? groupSize : null, setting)}</p>
${sensitivityMaps(modules, report)}`
}

function learning(modules: readonly ModuleRecord[]): Html | null {
  const { figures, left } = learningFigures(modules)
  if (figures.length === 0) return null
  return html`<h2>${words.headings.learning}</h2>
${figures}${left > 0 && html`<p class="quiet">${words.chartsLeft(left)}</p>`}`
}

function modules(all: readonly ModuleRecord[]): Html {
  const calibrated = all.some(({ error }) => error.output !== null)
  const { columns: head } = words.modules
  return html`${table(
    words.modules.caption,
    [
      ...[head.module, head.shape, head.bits],
      ...(calibrated ? [head.output] : []),
      ...[head.weight, head.damping, head.seconds],
    ],
    all
      .slice(0, MOST_ROWS)
      .map(({ name, out, in: columns, bits: own, error, damping, seconds }) => [
        ...[name, `${out} × ${columns}`, own.total.toFixed(3)],
        ...(calibrated ? [error.output === null ? '' : formatError(error.output)] : []),
        ...[formatError(error.weight), damping === null ? '' : formatSetting(damping), formatDuration(seconds)],
      ]),
  )}<p class="quiet">${words.modules.about}${all.length > MOST_ROWS && words.modules.others(all.length - MOST_ROWS)}</p>`
}

function loading({ report, exports }: ReportDocument): Html {
  const base = fileBase(report.model.name)
  const factsOf = (format: ExportFormat) => exports.find((one) => one.format === format)?.facts
  const refused = exports.filter(({ facts }) => facts.problem)
  const kinds = EXPORT_KINDS.map(({ title, simulated, versions }) => ({
    ...{ title, simulated },
    versions: versions.filter(({ format }) => format === 'packed' || (factsOf(format) && !factsOf(format)!.problem)),
  })).filter(({ versions }) => versions.length > 0)
  return html`${kinds.map(({ title, simulated, versions }) => {
    const told = new Set<string>()
    const fresh = (text: string) => !told.has(text) && told.add(text)
    return html`<h3>${title}</h3>
${simulated === true && html`<p>${words.simulated}</p>`}
${versions.map(({ format, name }) => {
  const facts = factsOf(format)
  return html`${format !== 'packed' && html`<p>${words.writtenBy(capital(name), formatBytes(facts?.bytes ?? 0))} <code>bitloom export FILE --format ${format}</code></p>`}
${(facts?.notes ?? []).filter(fresh).map((note) => html`<p class="quiet">${note}</p>`)}
${loadings(format, base)
  .filter(({ software }) => fresh(software))
  .map(
    ({
      software,
      install,
      commands,
    }) => html`<p>${software}${install !== '' && html`${words.after} <code>${install}</code>`}:</p>
<pre><code>${commands}</code></pre>
`,
  )}`
})}`
  })}${
    refused.length > 0 &&
    table(
      words.refused.caption,
      words.refused.head,
      refused.map(({ format, facts }) => [exportName(format), facts.problem!]),
    )
  }`
}

function making({ report }: ReportDocument): Html {
  const { recipe, device, seconds, calibrationDigest, peakGpuBytes, warnings } = report
  const { environment: facts } = words
  return html`<p>${words.save.before} <code>recipe.json</code>${words.save.behind}</p>
<pre><code>${recipeJson(recipe).trim()}</code></pre>
<pre><code>bitloom quantize MODEL --recipe recipe.json${calibrationDigest && ' --calibration TEXT'} --out quantized.safetensors</code></pre>
${table(facts.caption, facts.head, [
  facts.version(report.bitloom),
  facts.device(device.name, device.software),
  facts.time(formatDuration(seconds.total)),
  facts.memory(formatBinary(peakGpuBytes)),
  facts.original(report.model.parameters, formatBytes(report.model.bytes)),
  ...(calibrationDigest ? [facts.text(recipe.calibration.text, calibrationDigest)] : []),
])}${warnings.length > 0 && html`<h3>${words.headings.warnings}</h3><ul>${warnings.map((warning) => html`<li>${warning}</li>`)}</ul>`}`
}

/** With a capital letter, as headings and sentences begin. */
export const capital = (text: string): string => `${text[0]?.toUpperCase()}${text.slice(1)}`

/** A name as it can be part of a file's. */
export const fileBase = (name: string): string => name.replaceAll(/[^\w.-]+/g, '-') || 'model'
