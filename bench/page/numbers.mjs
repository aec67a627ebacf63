/** The middle of a list, the upper one of two; undefined of none. */
export const median = (list) => quantile(list, 0.5)

/** The number that a `part` of a list lies below. */
export const quantile = (list, part) =>
  [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * part))]

/** Milliseconds as a person reads them; '–' for what was not seen. */
export const ms = (value) =>
  value === undefined || value === null ? '–' : value < 10 ? value.toFixed(1) : value.toFixed(0)

/** A Markdown table; every column but the first is of numbers. */
export const table = (head, rows) =>
  [head, head.map((_, at) => (at === 0 ? '---' : '---:')), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')
