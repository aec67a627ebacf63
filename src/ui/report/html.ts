import { escapeText } from '../maps/svg'

/** Markup that is safe to put into a page. */
export class Html {
  constructor(readonly markup: string) {}
}

type Value = Html | string | number | null | undefined | false | readonly Value[]

/** Markup out of a template: what is put in is text, and escaped, unless it is markup itself. Null and false are nothing. */
export const html = (parts: TemplateStringsArray, ...values: readonly Value[]): Html =>
  new Html(parts.map((part, i) => part + (i < values.length ? markupOf(values[i]!) : '')).join(''))

function markupOf(value: Value): string {
  if (value === null || value === undefined || value === false) return ''
  if (value instanceof Html) return value.markup
  return typeof value === 'object' ? value.map(markupOf).join('') : escapeText(String(value))
}

/** A table: what begins with a digit or a sign of one is a number, to the right. */
export function table(caption: string, head: readonly string[], rows: readonly (readonly (string | Html)[])[]): Html {
  const numeric = head.map((_, column) =>
    rows.every((row) => typeof row[column] === 'string' && /^([-−+×]?\s*[\d.]|$|none$)/.test(row[column] as string)),
  )
  const mark = (column: number) => (numeric[column] ? new Html(' class="number"') : null)
  return html`<div class="wide"><table><caption>${caption}</caption>
<thead><tr>${head.map((name, column) => html`<th scope="col"${mark(column)}>${name}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${row.map((cell, column) => html`<td${mark(column)}>${cell}</td>`)}</tr>\n`)}</tbody></table></div>\n`
}
