// @vitest-environment happy-dom
import { describe, expect, it } from 'vitest'
import { fakeTraining } from '../../../test/fake-allocation'
import { fakeDistributions } from '../../../test/fake-distributions'
import { fakeDivergence } from '../../../test/fake-divergence'
import { fakeMethods } from '../../../test/fake-methods'
import { fakeInspection, fakeModule } from '../../../test/fake-model'
import { fakeReconstruction } from '../../../test/fake-reconstruction'
import { defaultRecipe } from '../../state/recipe'
import { drawPanels, layoutPanels } from './bin-panels'
import { signed } from './colour'
import { codePanels, errorPanels, weightPanels } from './distribution-panels'
import { drawDivergence, layoutDivergence } from './divergence-chart'
import { drawKinds, errorKinds, layoutKinds } from './error-kinds'
import { type Draw, figureSize, figureSvg } from './figure'
import { drawLegend } from './legend'
import { modelGrid } from './map-grid'
import { tallyOf } from './map-tally'
import { MEASURES } from './measure'
import { drawModelMap, layoutGrid } from './model-map'
import { drawReconstruction, layoutReconstruction } from './reconstruction-chart'
import { drawSaliency, layoutSaliency, saliencyBoxes } from './saliency-boxes'
import { drawnSvg, escapeText } from './svg'
import { drawTradeOffs, layoutTradeOffs } from './trade-offs'
import { drawTraining, layoutTraining } from './training-chart'
import { drawBars, layoutBars, widthBars } from './widths'

const theme = {
  ...{ ink: '#1a1b1c', muted: '#63666a', line: '#dddcd7', surface: '#ffffff', accent: '#0b6a70' },
  ...{ laneMax: '#7fa3c4', laneMean: '#2f5d8a', signed: signed.light, font: '"Segoe UI", Arial, sans-serif' },
}
const plan = fakeInspection('wren', 3).modules
const modules = plan.map((planned) => fakeModule(planned, defaultRecipe(fakeMethods[2]!, '', 'software')))

const parsed = (svg: string) => {
  const page = new DOMParser().parseFromString(svg, 'image/svg+xml')
  expect(page.querySelector('parsererror')).toBeNull()
  return page.documentElement
}

const training = fakeTraining(100, 2.5, 60)
const reconstruction = fakeReconstruction(200, 200)
const tradeOffs = {
  ...{ text: 't', protocol: 'windows:64', maxTokens: null, modelName: 'wren', original: 9 },
  points: [
    { run: 1, label: 'a', bits: 2, perplexity: 20, best: true },
    { run: 2, label: 'b', bits: 4, perplexity: 10, best: true },
  ],
}
const divergence = fakeDivergence('t', 'windows:256', false)
const bars = widthBars(modules)
const found = await fakeDistributions('w')
const panels = [...weightPanels(found), ...codePanels(found), ...errorPanels(found)]
const saliency = saliencyBoxes(modules[0]!.columns)!
const kinds = errorKinds(modules)!
const charts: Readonly<Record<string, Draw>> = {
  map: (ctx, width, of) => {
    const grid = modelGrid(plan)
    const layout = layoutGrid(grid, width)
    const scale = MEASURES.bits.scale([])
    const marks = { selected: { row: 0, column: 1 }, running: { row: 1, column: 1 }, cursor: null }
    drawModelMap(ctx, tallyOf(null, grid, MEASURES.bits, modules), 'mean', layout, scale, marks, of)
    drawLegend(ctx, layout.left, layout.height + 12, MEASURES.bits.ramp!, scale, MEASURES.bits.tick, of)
  },
  widths: (ctx, width, of) => drawBars(ctx, bars, layoutBars(bars, width), { cursor: 1, selected: 2 }, of),
  training: (ctx, width, of) => drawTraining(ctx, training, { steps: 60, target: 2.5 }, layoutTraining(width), 3, of),
  reconstruction: (ctx, width, of) =>
    drawReconstruction(ctx, reconstruction, 200, layoutReconstruction(reconstruction, width), 2, of),
  divergence: (ctx, width, of) => drawDivergence(ctx, divergence, layoutDivergence(width), 18, of),
  panels: (ctx, width, of) => drawPanels(ctx, panels, layoutPanels(panels, width), { panel: 0, bin: 3 }, false, of),
  'panels by factors': (ctx, width, of) => drawPanels(ctx, panels, layoutPanels(panels, width), null, true, of),
  saliency: (ctx, width, of) => drawSaliency(ctx, saliency, layoutSaliency(width), 0, of),
  kinds: (ctx, width, of) => drawKinds(ctx, kinds, layoutKinds(kinds, width), 1, of),
  tradeOffs: (ctx, width, of) => drawTradeOffs(ctx, tradeOffs, layoutTradeOffs(tradeOffs, width), 1, of),
}

describe.each(Object.entries(charts))('the %s as SVG', (_, draw) => {
  const svg = figureSvg({ width: 700, height: 200, caption: 'Bits & <bobs>', draw }, theme)
  const root = parsed(svg)

  it('is a document with title and size, and marks inside of it', () => {
    const { width, height } = figureSize({ width: 700, height: 200 })
    expect(root.getAttribute('viewBox')).toBe(`0 0 ${width} ${height}`)
    expect(root.querySelector('title')!.textContent).toBe('Bits & <bobs>')
    expect(root.querySelectorAll('rect, path').length).toBeGreaterThan(3)
    expect(svg).not.toMatch(/NaN|Infinity|undefined/)
  })

  it('has texts that can be read: 11 pixels and more', () => {
    const sizes = [...root.querySelectorAll('text')].map((text) => Number(text.getAttribute('font-size')))
    expect(sizes.length).toBeGreaterThan(3)
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(11)
  })

  it('writes colours as every reader of SVG knows them', () => {
    const colours = [...svg.matchAll(/(?:fill|stroke)="([^"]*)"/g)].map(([, colour]) => colour)
    for (const colour of colours) expect(colour).toMatch(/^(none|#[0-9a-f]{6})$/)
  })
})

it('escapes names, and what XML has no place for', () => {
  const hostile = '</text><script>alert("1")</script>\u0000\ud800'
  const svg = drawnSvg({ width: 1, height: 1, title: hostile, font: '"><x' }, (ctx) => ctx.fillText(hostile, 0, 0))
  const root = parsed(svg)
  expect(root.querySelector('script')).toBeNull()
  expect(root.querySelector('text')!.textContent).toBe('</text><script>alert("1")</script>\\u0000\ufffd')
  expect(escapeText('ünïcode 😀 ÷')).toBe('ünïcode 😀 ÷')
  expect(escapeText('safe\u202egpj\x9b')).toBe('safe\\u202egpj\\u009b')
})

it('keeps colours of a style sheet as they are, and moves, dashes and thins what it draws', () => {
  const svg = drawnSvg({ width: 10, height: 10, title: 'x', font: 'Arial' }, (ctx) => {
    ctx.translate(3, 4)
    ctx.fillStyle = 'var(--ink)'
    ctx.globalAlpha = 0.5
    ctx.fillRect(1, 2, 3, 4)
    ctx.strokeStyle = 'rgb(1 2 255)'
    ctx.lineWidth = 2
    ctx.setLineDash([3, 2])
    ctx.beginPath()
    ctx.arc(5, 5, 2, 0, 2 * Math.PI)
    ctx.stroke()
  })
  expect(svg).toContain(
    '<g transform="translate(3 4)"><rect x="1" y="2" width="3" height="4" style="fill:var(--ink)" fill-opacity="0.5"/>',
  )
  expect(svg).toContain(
    '<path d="M7 5A2 2 0 0 1 3 5A2 2 0 0 1 7 5" fill="none" stroke-linejoin="miter" stroke="#0102ff" stroke-opacity="0.5" stroke-width="2" stroke-dasharray="3 2"/></g>',
  )
  parsed(svg)
})
