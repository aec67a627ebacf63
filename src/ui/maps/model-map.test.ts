import { describe, expect, it } from 'vitest'
import { densePlan, expertPlan, finished } from '../../../test/large-plans'
import type { ModuleRecord } from '../../records'
import { cellOf, expertGrid, modelGrid, placeOf, step } from './map-grid'
import { moduleOf, shownValue, shownValues, tallyOf } from './map-tally'
import { MEASURES, type MeasureView, tellingMeasures } from './measure'
import { layoutGrid, placeAt } from './model-map'

describe('80 layers of 7 modules', () => {
  const plan = densePlan(80)
  const grid = modelGrid(plan)

  it('have a place each, in the order of the block', () => {
    expect(grid.rows).toEqual(['q', 'k', 'v', 'o', 'gate', 'up', 'down'])
    expect(grid.columns).toHaveLength(80)
    expect(grid.names.every((names) => names.length === 1)).toBe(true)
    expect(placeOf(grid, 'model.layers.79.down_proj')).toEqual({ row: 6, column: 79 })
    expect(placeOf(grid, 'model.norm')).toBeNull()
  })

  it('fit a laptop and a phone without scrolling, and are found under the pointer', () => {
    for (const width of [318, 820, 3400]) {
      const layout = layoutGrid(grid, width)
      expect(layout.width).toBeLessThanOrEqual(width + 1e-9)
      expect(layout.height).toBeLessThan(220)
      expect(layout.letters).toBeGreaterThanOrEqual(11)
      const at = { row: 3, column: 41 }
      const x = layout.left + 41.5 * layout.cellWidth
      expect(placeAt(grid, layout, x, layout.top + 3.5 * layout.cellHeight)).toEqual(at)
      expect(placeAt(grid, layout, layout.left - 1, 10)).toBeNull()
      expect(placeAt(grid, layout, x, layout.height - 1)).toBeNull()
    }
  })

  it('are walked by keys to the ends and no further', () => {
    const key = (name: string, more = {}) => ({ key: name, shiftKey: false, ctrlKey: false, ...more })
    const from = { row: 2, column: 5 }
    expect(step(from, key('ArrowRight'), grid)).toEqual({ row: 2, column: 6 })
    expect(step(from, key('ArrowLeft', { shiftKey: true }), grid)).toEqual({ row: 2, column: 0 })
    expect(step(from, key('End'), grid)).toEqual({ row: 2, column: 79 })
    expect(step(from, key('Home', { ctrlKey: true }), grid)).toEqual({ row: 0, column: 0 })
    expect(step(from, key('PageDown'), grid)).toEqual({ row: 6, column: 5 })
    expect(step(from, key('PageUp'), grid)).toEqual({ row: 0, column: 5 })
    expect(step({ row: 0, column: 0 }, key('ArrowUp'), grid)).toEqual({ row: 0, column: 0 })
    expect(step(from, key('a'), grid)).toBeNull()
  })
})

describe('48 layers of 128 experts', () => {
  const plan = expertPlan(48, 128)
  const modules = finished(plan)
  const grid = modelGrid(plan)

  it('share a cell a layer and part', () => {
    expect(plan).toHaveLength(48 * (4 + 3 * 128))
    expect(grid.rows).toEqual(['q', 'k', 'v', 'o', 'experts gate', 'experts up', 'experts down'])
    expect(grid.names[cellOf(grid, { row: 4, column: 7 })]).toHaveLength(128)
    expect(placeOf(grid, 'model.layers.9.mlp.experts.77.up_proj')).toEqual({ row: 5, column: 9 })
    expect(layoutGrid(grid, 820).height).toBeLessThan(220)
  })

  it('lie side by side in their own layer', () => {
    const within = expertGrid(plan, 9)!
    expect([within.rows, within.columns.length, within.axis]).toEqual([['gate', 'up', 'down'], 128, 'expert'])
    expect(placeOf(within, 'model.layers.9.mlp.experts.77.up_proj')).toEqual({ row: 1, column: 77 })
    expect(placeOf(within, 'model.layers.8.mlp.experts.77.up_proj')).toBeNull()
    expect(expertGrid(densePlan(3), 1)).toBeNull()
  })

  it('show mean, largest and smallest of their cell', () => {
    const tally = tallyOf(null, grid, MEASURES.output, modules)
    const place = placeOf(grid, 'model.layers.9.mlp.experts.0.up_proj')!
    const cell = tally.cells[cellOf(grid, place)]!
    const own = modules.filter(({ layer, role }) => layer === 9 && role.endsWith('.up'))
    const errors = own.map(({ error }) => error.output!)
    expect(shownValue(tally, cell, 'mean')).toBeCloseTo(errors.reduce((a, b) => a + b, 0) / 128, 12)
    expect(shownValue(tally, cell, 'largest')).toBe(Math.max(...errors))
    expect(shownValue(tally, cell, 'smallest')).toBe(Math.min(...errors))
    expect(moduleOf(cell, 'largest')!.error.output).toBe(Math.max(...errors))
    expect(shownValues(tally, 'mean')).toHaveLength(48 * 7)
  })

  it('fill in as they finish, none being looked at twice', () => {
    let asked = 0
    const view: MeasureView = {
      ...MEASURES.output,
      value: (module) => {
        asked++
        return MEASURES.output.value(module)
      },
    }
    let tally = tallyOf(null, grid, view, [])
    for (let done = 1000; done <= 6000; done += 1000) tally = tallyOf(tally, grid, view, modules.slice(0, done))
    expect(asked).toBe(6000)
    expect(tally.added).toBe(6000)
    const fresh = tallyOf(null, grid, view, modules.slice(0, 6000))
    expect(shownValues(tally, 'mean')).toEqual(shownValues(fresh, 'mean'))
    // another run, and fewer of the same
    const others = finished(plan.slice(0, 10))
    expect(tallyOf(tally, grid, view, others).added).toBe(10)
    expect(tallyOf(tally, grid, view, modules.slice(0, 5)).added).toBe(5)
  })
})

describe('measures', () => {
  const modules = finished(densePlan(2))
  const grid = modelGrid(modules)

  it('show sizes and saliency as parts that sum to all', () => {
    for (const view of [MEASURES.share, MEASURES.saliency]) {
      const values = shownValues(tallyOf(null, grid, view, modules), 'mean')
      expect(values).toHaveLength(14)
      expect(values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 10)
    }
    const [module] = modules
    const { norm, factor } = module!.columns
    const mass = norm!.reduce((sum, value, j) => sum + (value / factor![j]!) ** 2, 0)
    expect(MEASURES.saliency.value(module!)! / mass).toBeCloseTo(1, 5)
    expect(MEASURES.share.text(module!)).toMatch(/share of size [\d.]+ (B|KB)/)
  })

  it('are offered where they say something', () => {
    const ids = (list: readonly ModuleRecord[]) => tellingMeasures(list).map(({ id }) => id)
    expect(ids(modules)).toEqual(['bits', 'share', 'output', 'weight', 'saliency', 'dead', 'damping', 'seconds'])
    const learned = modules.map((module) => ({ ...module, flips: 0.04, deadColumns: 2 }))
    expect(ids(learned)).toContain('flips')
    expect(MEASURES.dead.value(learned[0]!)).toBe(2 / 64)
    expect(ids(modules.map((module) => ({ ...module, error: { weight: Number.NaN, output: null } })))).not.toContain(
      'weight',
    )
  })
})
