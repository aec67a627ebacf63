/** HellaSwag's texts as lm-evaluation-harness prepares them (tasks/hellaswag/utils.py). */

/** Brackets are left over from WikiHow: a title begins a sentence, other marks are dropped. */
export const withoutBrackets = (text: string): string =>
  text.trim().replaceAll(' [title]', '. ').split('\n').map(dropMarks).join('\n').replaceAll('  ', ' ')

/** Looks no further than the last closing bracket, or a line of opening ones would take the square of its length. */
function dropMarks(line: string): string {
  const end = line.lastIndexOf(']') + 1
  return line.slice(0, end).replace(/\[.*?\]/g, '') + line.slice(end)
}

export interface HellaswagLine {
  readonly activity_label?: string | undefined
  readonly ctx?: string | undefined
  readonly ctx_a?: string | undefined
  readonly ctx_b?: string | undefined
}

/** "Activity: what happens. How the sentence begins"; `ctx` is taken where its two parts are not there. */
export function hellaswagContext({ activity_label, ctx = '', ctx_a, ctx_b }: HellaswagLine): string {
  const begun = ctx_a === undefined ? ctx : `${ctx_a} ${capitalized(ctx_b ?? '')}`
  return withoutBrackets(activity_label === undefined ? begun : `${activity_label}: ${begun}`)
}

/** Python's `str.capitalize`: what follows the first letter becomes small. */
const capitalized = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1).toLowerCase()
