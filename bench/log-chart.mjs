/** Line charts as SVG text: x on a log axis, colours that follow the reader's light or dark setting. */

const panel = { width: 340, height: 232, left: 58, right: 16, top: 34, bottom: 44 }
const colours = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
const style = `
  text { font: 12px system-ui, sans-serif; fill: #24292f }
  .quiet { fill: #57606a } .axis { stroke: #57606a } .grid { stroke: #57606a; stroke-opacity: .2 }
  .a { --ink: #0969da } .b { --ink: #bc4c00 } .c { --ink: #1a7f37 }
  .d { --ink: #8250df } .e { --ink: #bf3989 } .f { --ink: #57606a } .g { --ink: #1b7c83 }
  polyline { fill: none; stroke: var(--ink); stroke-width: 2 } circle, .name { fill: var(--ink) }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .quiet { fill: #9da7b3 } .axis { stroke: #9da7b3 } .grid { stroke: #9da7b3 }
    .a { --ink: #58a6ff } .b { --ink: #f0883e } .c { --ink: #3fb950 }
    .d { --ink: #bc8cff } .e { --ink: #f778ba } .f { --ink: #9da7b3 } .g { --ink: #39c5cf }
  }`

/**
 * Panels in a grid of two columns.
 *
 * @param {{title: string, x: string, y: string, log: boolean, lines: {name: string, points: [number, number][]}[]}[]} panels
 *   `log`: whether y is on a log axis, too; `points` by rising x, y of null left out; `ticks` of x, where not all points
 */
export function logChart(title, panels) {
  const rows = Math.ceil(panels.length / 2)
  const [width, height] = [2 * panel.width, rows * panel.height]
  const drawn = panels.map((data, at) => {
    const [x, y] = [(at % 2) * panel.width, Math.floor(at / 2) * panel.height]
    return `<g transform="translate(${x} ${y})">${drawPanel(data)}</g>`
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">`,
    `<style>${style}\n</style>`,
    ...drawn,
    '</svg>\n',
  ].join('\n')
}

function drawPanel({ title, x, y, log, ticks: given, lines: all }) {
  const lines = all.map((line) => ({ ...line, points: line.points.filter(([, value]) => value !== null) }))
  const points = lines.flatMap((line) => line.points)
  if (points.length === 0) return `<text x="${panel.left}" y="20">${escaped(title)}: no runs</text>`
  const right = panel.width - panel.right
  const bottom = panel.height - panel.bottom
  const across = scale([...points.map(([value]) => value), ...(given ?? [])], true, panel.left + 10, right - 10)
  const up = scale(
    points.map(([, value]) => value),
    log,
    bottom - 8,
    panel.top + 22,
  )
  const ticks = given ?? [...new Set(points.map(([value]) => value))]
  return [
    `<text x="${panel.left}" y="20" font-weight="600">${escaped(title)}</text>`,
    ...up.ticks.map((value) => {
      const at = up.place(value)
      return `<line class="grid" x1="${panel.left}" x2="${right}" y1="${at}" y2="${at}"/><text class="quiet" x="${panel.left - 6}" y="${at + 4}" text-anchor="end">${value}</text>`
    }),
    `<path class="axis" fill="none" d="M${panel.left} ${panel.top}V${bottom}H${right}"/>`,
    ...ticks.map(
      (value) =>
        `<text class="quiet" x="${across.place(value)}" y="${bottom + 16}" text-anchor="middle">${value}</text>`,
    ),
    `<text class="quiet" x="${(panel.left + right) / 2}" y="${bottom + 34}" text-anchor="middle">${escaped(x)}</text>`,
    `<text class="quiet" transform="translate(14 ${(panel.top + bottom) / 2}) rotate(-90)" text-anchor="middle">${escaped(y)}</text>`,
    ...lines.map(({ name, points: own }, at) => {
      const places = own.map(([px, py]) => [across.place(px), up.place(py)])
      const dots = places.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="3"/>`).join('')
      const label = `<text class="name" x="${right}" y="${panel.top + 4 + 14 * at}" text-anchor="end">${escaped(name)}</text>`
      return `<g class="${colours[at % colours.length]}"><polyline points="${places.join(' ')}"/>${dots}${label}</g>`
    }),
  ].join('\n')
}

/** Where a value lies between two pixels, and a few round values to mark. */
function scale(values, log, from, to) {
  const measure = log ? Math.log : (value) => value
  const [low, high] = [Math.min(...values), Math.max(...values)]
  // a line of one height lies in the middle
  const spare = low === high ? (log ? 1.1 : 0.1) : log ? 1 : 0
  const [first, last] = (log ? [low / spare, high * spare] : [low - spare, high + spare]).map(measure)
  const place = (value) => Math.round((from + ((measure(value) - first) / (last - first)) * (to - from)) * 10) / 10
  const even = [0, 1, 2, 3].map((part) => first + ((last - first) * part) / 3)
  const marks = even.map((mark) => Number((log ? Math.exp(mark) : mark).toPrecision(3)))
  const wide = log && last - first > Math.log(10)
  return { place, ticks: wide ? roundTicks(Math.exp(first), Math.exp(last)) : [...new Set(marks)] }
}

/** 1, 2 and 5 times powers of ten between two numbers, or only the powers where that is too many. */
function roundTicks(low, high) {
  const powers = Array.from({ length: 16 }, (_, i) => 10 ** (i - 6))
  const inside = (values) => values.filter((value) => value >= low && value <= high)
  const all = inside(powers.flatMap((power) => [power, 2 * power, 5 * power]))
  return all.length <= 6 ? all : inside(powers)
}

const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
