import { describe, expect, it } from 'vitest'
import { fakeInspection, fakeMethods, fakeModule } from '../../../test/fake-engine'
import { defaultRecipe } from '../../state/recipe'
import { layoutCloseUp, panelsOf, weightAt } from './close-up'
import { bitPosition, luminance, parseColour, signed, viridis } from './colour'
import { columnAt, columnOfInterest, columnText, layoutMatrix, matrixHeight, matrixView } from './matrix-map'
import { MEASURES, tellingMeasure } from './measure'
import { reveal, zoom } from './window'

const plan = fakeInspection('wren', 4).modules
const module = fakeModule(plan[8]!, defaultRecipe(fakeMethods[1]!, '', 'software'))

describe('measures', () => {
  it('colours by bits where they differ, else by what was lost', () => {
    const wide = { ...module, bits: { ...module.bits, total: 6 } }
    expect(tellingMeasure([module, wide])).toBe('bits')
    expect(tellingMeasure([module])).toBe('output')
    expect(tellingMeasure([{ ...module, error: { weight: 1, output: null } }])).toBe('weight')
    expect(MEASURES.bits.scale([]).at(8)).toBe(1)
  })
})

describe('matrix map', () => {
  const total = module.in

  it('reads the column of interest out of a crowded bin', () => {
    const view = matrixView(module.columns, 'original')
    const layout = layoutMatrix(view, { start: 0, end: total }, 78 + 10 + 12)
    expect(layout.bins.count).toBe(12)
    // Column 77 is the outlier; it lies in bin 4 of 12.
    expect(columnOfInterest(view, layout, layout.left + 4.5)).toBe(77)
    expect(columnAt(layout, layout.left - 1)).toBeNull()
    expect(columnAt(layout, layout.left)).toBe(0)
  })

  it('sorts by a lane and still knows which column is which', () => {
    const view = matrixView(module.columns, 'error')
    expect(view.places[0]).toBe(77)
    expect(view.error[0]).toBe(module.columns.error[77])
    expect([...view.error]).toEqual([...module.columns.error].sort((a, b) => b - a))
    expect(view.lanes.map(({ lane }) => lane)).toEqual(['hessian', 'factor', 'norm', 'error', 'saliency'])
    expect(columnText(module.columns, 77)).toMatch(/^Column 77: 4 bits, diag H .*diag U .*norm .*error .*saliency /)
  })

  it('is as high as it has lanes', () => {
    const uncalibrated = { ...module.columns, hessian: null, factor: null }
    const heights = [uncalibrated, module.columns].map((columns) => matrixHeight(matrixView(columns, 'original')))
    expect(heights).toEqual([26 + 2 * 60 + 22, 26 + 5 * 60 + 22])
  })

  it('zooms around a column and never leaves the matrix', () => {
    expect(zoom({ start: 0, end: 192 }, 0.5, 96, 192)).toEqual({ start: 48, end: 144 })
    expect(zoom({ start: 0, end: 192 }, 0.5, 0, 192)).toEqual({ start: 0, end: 96 })
    expect(zoom({ start: 100, end: 192 }, 8, 150, 192)).toEqual({ start: 0, end: 192 })
    expect(zoom({ start: 0, end: 16 }, 0.5, 3, 192)).toEqual({ start: 0, end: 16 })
    expect(reveal({ start: 10, end: 20 }, 25, 192)).toEqual({ start: 16, end: 26 })
    expect(reveal({ start: 10, end: 20 }, 3, 192)).toEqual({ start: 3, end: 13 })
  })
})

describe('close-up', () => {
  const original = Float32Array.from([1, -2, 0.5, 0])
  const quantized = Float32Array.from([1, -1.5, 0.5, 0])
  const salient = null

  it('shows before, after and the change, the first two on one scale', () => {
    const panels = panelsOf({ rows: 2, columns: 2, rescaled: false, original, quantized, salient })
    expect(panels.map(({ title, reach }) => [title, reach])).toEqual([
      ['original', 2],
      ['quantized', 2],
      ['change', 0.5],
    ])
    expect([...panels[2]!.values]).toEqual([0, 0.5, 0, 0])
    expect(panelsOf({ rows: 2, columns: 2, rescaled: false, original: null, quantized, salient })).toHaveLength(1)
    const [before] = panelsOf({ rows: 2, columns: 2, rescaled: true, original, quantized, salient })
    expect(before!.title).toBe('original, rescaled')
  })

  it('finds the same weight in every panel', () => {
    const window = { rows: 48, columns: 48, rescaled: false, original: null, quantized, salient }
    const layout = layoutCloseUp(48, 48, 1000)
    for (const panel of [0, 1, 2])
      expect(weightAt(layout, window, panel * layout.step + 2.5 * layout.cell, layout.top + 1)).toEqual({
        row: 0,
        column: 2,
      })
    expect(weightAt(layout, window, layout.step - 1, layout.top + 1)).toBeNull()
    expect(weightAt(layout, window, 1, 1)).toBeNull()
  })
})

describe('colours', () => {
  it('write text on a ramp with at least 4.5:1', () => {
    for (let i = 0; i <= 20; i++) {
      const ground = luminance(parseColour(viridis.css(i / 20).replaceAll(' ', ', ')))
      const ink = luminance(parseColour(viridis.ink(i / 20)))
      const contrast = (Math.max(ground, ink) + 0.05) / (Math.min(ground, ink) + 0.05)
      expect(contrast).toBeGreaterThan(4.4)
    }
  })

  it('show what is negative in orange and what is positive in purple, in both themes', () => {
    for (const ramp of [signed.light, signed.dark]) {
      const [red, , blue] = parseColour(ramp.css(0.1))
      expect(red).toBeGreaterThan(blue)
      const [warm, , cold] = parseColour(ramp.css(0.9))
      expect(cold).toBeGreaterThan(warm)
    }
  })

  it('give every width its own place', () => {
    expect(new Set([1, 2, 3, 4, 5, 6, 8].map(bitPosition)).size).toBe(7)
  })
})
