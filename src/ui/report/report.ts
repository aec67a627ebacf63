import { sumPublished } from '../../formats/bits'
import type { DivergenceReport, SensitivityReport } from '../../measurement-records'
import type { ExportFormat } from '../../pipeline/exports'
import type { ModuleRecord } from '../../records'
import { EXPORT_KINDS, exportName } from '../../state/exports'
import { recipeJson, recipeLabel } from '../../state/recipe'
import { formatBinary, formatBytes, formatDuration, formatError, formatInteger, formatSetting } from '../format'
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
<html lang="en">
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
<p class="lead">Quantized with ${recipeLabel(report.recipe)} by Bitloom ${report.bitloom}</p>
${keyNumbers(document)}
<h2>Bits</h2>
${bits(document)}
<h2>What it costs</h2>
${quality(document)}
${divergences.length > 0 && divergenceFigures(document)}
${document.sensitivities.map((one) => sensitivity(report.modules, one))}
<h2>Where the bits are, and the errors</h2>
${moduleMaps(report)}
${learning(report.modules)}
${modules(report.modules)}
<h2>How to load it</h2>
${loading(document)}
<h2>How it was made</h2>
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
    ['bits a weight, stored', report.bits.total.toFixed(3), `${report.bits.code.toFixed(3)} of them codes`],
    ['packed file', formatBytes(packedBytes), `of ${formatBytes(report.model.bytes)}`],
  ]
  const [before, after, text] = pair
    ? [pair.before!.perplexity, pair.after!.perplexity, pair.after!.text]
    : divergence
      ? [divergence.original.perplexity, divergence.quantized.perplexity, divergence.text]
      : [0, 0, '']
  if (text) shown.push(['perplexity', twoDigits(after), `${twoDigits(before)} before, ${text}`])
  if (divergence)
    shown.push(['KL divergence', nats(divergence.kl.mean), `nats a token; 99 % below ${nats(divergence.kl.p99)}`])
  return html`<dl class="key">${shown.map(([name, value, more]) => html`<div><dt>${name}</dt><dd>${value}<small>${more}</small></dd></div>`)}</dl>`
}

function bits({ report, packedBytes }: ReportDocument): Html {
  const { code, scale, index, total } = report.bits
  const weights = report.modules.reduce((sum, { out, in: columns }) => sum + out * columns, 0)
  const published = sumPublished(report.modules)
  return html`<p>Counted from the bytes that are stored, padding included, over the ${formatInteger(weights)} weights of the ${String(report.modules.length)} quantized linears. Embedding, head and norms stay as they were; the packed file is ${formatBytes(packedBytes)} with them, config and tokenizer.</p>
${table(
  'Bits a weight',
  ['Part', 'Bits'],
  [
    ['codes or signs', code.toFixed(4)],
    ['scales, zero points, ranges, amplitudes', scale.toFixed(4)],
    ['indices: widths, order and groups of columns, places of single weights', index.toFixed(4)],
    ['all that is stored (effective bits)', total.toFixed(4)],
    ...(published ? [["the method's own count", (published.weight + published.scale).toFixed(4)]] : []),
  ],
)}${published && html`<p class="quiet">${published.why}</p>`}`
}

function quality({ perplexities, divergences, tasks }: ReportDocument): Html {
  if (perplexities.length + divergences.length + tasks.length === 0)
    return html`<p>Perplexity, divergence from the original and zero-shot tasks were not measured for this report.</p>`
  const intervals = [...perplexities.flatMap(({ before, after }) => [before, after]), ...divergences].some(
    (one) => one !== null && one.windows > 1,
  )
  return html`${
    perplexities.length > 0 &&
    table(
      'Perplexity, with its 95 % confidence interval',
      ['Text', 'Protocol', 'Tokens', 'Before', 'After', 'Ratio'],
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
      'Divergence from the original, KL(original ‖ quantized) over the whole vocabulary in nats a token',
      ['Text', 'Protocol', 'Tokens', 'Mean', 'Median', '90 %', '99 %', 'Most', 'Same likeliest token, %'],
      divergences.map(({ text, protocol, tokens, kl, topAgreement }) => [
        ...[text, protocol, formatInteger(tokens), withInterval(kl.mean, kl.interval, nats)],
        ...[nats(kl.median), nats(kl.p90), nats(kl.p99), nats(kl.max), percentOf(topAgreement)],
      ]),
    )
  }${divergences.length > 0 && bothSides(divergences)}${
    intervals &&
    html`<p class="quiet">Intervals are those of the mean over windows, which are the independent units: tokens of a window share its context. That of a ratio comes from differences within windows.</p>`
  }${
    tasks.length > 0 &&
    table(
      'Zero-shot tasks: accuracy in per cent, with its standard error',
      ['Task', 'Items', 'Before', 'After', 'By length before', 'By length after'],
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
    'Perplexity of both on the same tokens, with 95 % confidence intervals',
    ['Text', 'Protocol', 'Before', 'After', 'Ratio'],
    divergences.map(({ text, protocol, original, quantized, ratio }) => [
      ...[text, protocol, withInterval(original.perplexity, original.interval)],
      withInterval(quantized.perplexity, quantized.interval),
      `× ${withInterval(ratio.value, ratio.interval, (value) => value.toFixed(4))}`,
    ]),
  )

function sensitivity(modules: readonly ModuleRecord[], report: SensitivityReport): Html {
  const { by, text, protocol, tokens, groupSize, perplexity, interval } = report
  return html`<h2>Sensitivity</h2>
<p>What the original model loses where one ${by} alone is rounded to nearest, in groups of ${groupSize > 0 ? String(groupSize) : 'a row'}: measured on ${formatInteger(tokens)} tokens of ${text} under ${protocol}, where the original has a perplexity of ${withInterval(perplexity, interval)}.</p>
${sensitivityMaps(modules, report)}`
}

function learning(modules: readonly ModuleRecord[]): Html | null {
  const { figures, left } = learningFigures(modules)
  if (figures.length === 0) return null
  return html`<h2>Learning</h2>
${figures}${left > 0 && html`<p class="quiet">${String(left)} more charts are left out.</p>`}`
}

function modules(all: readonly ModuleRecord[]): Html {
  const calibrated = all.some(({ error }) => error.output !== null)
  const known = (value: number) => (Number.isNaN(value) ? 'unknown' : formatError(value))
  return html`${table(
    'Every quantized linear',
    ['Module', 'Out × in', 'Bits', ...(calibrated ? ['Output error'] : []), 'Weight error', 'Damping', 'Time'],
    all
      .slice(0, MOST_ROWS)
      .map(({ name, out, in: columns, bits: own, error, damping, seconds }) => [
        ...[name, `${out} × ${columns}`, own.total.toFixed(3)],
        ...(calibrated ? [error.output === null ? '' : known(error.output)] : []),
        ...[known(error.weight), damping === null ? '' : formatSetting(damping), formatDuration(seconds)],
      ]),
  )}<p class="quiet">Output error is tr(D H Dᵀ) ÷ tr(W H Wᵀ), weight error ‖D‖² ÷ ‖W‖², D being what rounding changed.${all.length > MOST_ROWS && ` The other ${all.length - MOST_ROWS} linears are in the JSON report.`}</p>`
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
${simulated === true && html`<p>Plain floats, as large as the original: quantization is simulated.</p>`}
${versions.map(({ format, name }) => {
  const facts = factsOf(format)
  return html`${format !== 'packed' && html`<p>${capital(name)}: ${formatBytes(facts?.bytes ?? 0)}, written by <code>bitloom export FILE --format ${format}</code></p>`}
${(facts?.notes ?? []).filter(fresh).map((note) => html`<p class="quiet">${note}</p>`)}
${loadings(format, base)
  .filter(({ software }) => fresh(software))
  .map(
    ({
      software,
      install,
      commands,
    }) => html`<p>${software}${install !== '' && html`, after <code>${install}</code>`}:</p>
<pre><code>${commands}</code></pre>
`,
  )}`
})}`
  })}${
    refused.length > 0 &&
    table(
      'Formats that cannot hold this result',
      ['Format', 'Why'],
      refused.map(({ format, facts }) => [exportName(format), facts.problem!]),
    )
  }`
}

function making({ report }: ReportDocument): Html {
  const { recipe, device, seconds, calibrationDigest, peakGpuBytes, warnings } = report
  return html`<p>Save this as <code>recipe.json</code>; the same recipe on the same kind of device gives the same codes:</p>
<pre><code>${recipeJson(recipe).trim()}</code></pre>
<pre><code>bitloom quantize MODEL --recipe recipe.json${calibrationDigest && ' --calibration TEXT'} --out quantized.safetensors</code></pre>
${table(
  'Environment',
  ['What', 'Value'],
  [
    ['Bitloom', `version ${report.bitloom}`],
    ['Device', device.software ? `${device.name}, a software adapter` : device.name],
    ['Time', formatDuration(seconds.total)],
    ['GPU memory at the peak', formatBinary(peakGpuBytes)],
    ['Original', `${formatInteger(report.model.parameters)} parameters, ${formatBytes(report.model.bytes)}`],
    ...(calibrationDigest ? [['Calibration text', `${recipe.calibration.text}, SHA-256 ${calibrationDigest}`]] : []),
  ],
)}${warnings.length > 0 && html`<h3>Warnings of the run</h3><ul>${warnings.map((warning) => html`<li>${warning}</li>`)}</ul>`}`
}

/** With a capital letter, as headings and sentences begin. */
export const capital = (text: string): string => `${text[0]?.toUpperCase()}${text.slice(1)}`

/** A name as it can be part of a file's. */
export const fileBase = (name: string): string => name.replaceAll(/[^\w.-]+/g, '-') || 'model'
