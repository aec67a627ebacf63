import { describe, expect, it } from 'vitest'
import { fakeDistributions } from '../../../test/fake-distributions'
import { densePlan, expertPlan, finished } from '../../../test/large-plans'
import type { ColumnRecord } from '../../records'
import { layoutPanels, panelBinAt, panelText, panelTotal, walkPanels } from './bin-panels'
import {
  codeFacts,
  codeMeans,
  codePanels,
  errorPanels,
  levelRows,
  panelRows,
  weightPanels,
} from './distribution-panels'
import { errorKinds, kindAt, kindText, layoutKinds } from './error-kinds'
import { saliencyBoxAt, saliencyBoxes, saliencyText } from './saliency-boxes'

const found = await fakeDistributions('w')
const WEIGHTS = 24 * 192

describe('panels of a matrix', () => {
  it('hold every weight: before and after, in errors, and by width', () => {
    for (const panel of [...weightPanels(found), ...errorPanels(found)]) expect(panelTotal(panel)).toBe(WEIGHTS)
    const codes = codePanels(found)
    expect(codes.map(({ title }) => title.split(':')[0])).toEqual(['2 bits', '4 bits'])
    expect(codes.map(({ levels }) => levels!.length)).toEqual([4, 16])
    for (const { levels } of codes) expect(levels!.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 10)
    expect(codes.map(panelTotal)).toEqual([WEIGHTS / 2, WEIGHTS / 2])
    expect(levelRows(codes)).toHaveLength(20)
  })

  it('tell what codes use of their width', () => {
    const facts = codeFacts(found)
    expect(facts.map(({ bits, codes, share }) => [bits, codes, share])).toEqual([
      [2, 4, 0.5],
      [4, 16, 0.5],
    ])
    const p = Array.from(found.codes[0]!.counts, (n) => n / found.codes[0]!.weights)
    expect(facts[0]!.entropy).toBeCloseTo(-p.reduce((sum, part) => sum + part * Math.log2(part), 0), 12)
    const { entropy, bits } = codeMeans(facts)
    expect(bits).toBe(3)
    expect(entropy).toBeCloseTo((facts[0]!.entropy + facts[1]!.entropy) / 2, 12)
    // column 17, of 2 bits, is four times as large as what its levels reach
    expect(facts[0]!.clipped).toBeGreaterThan(0)
    expect(facts[1]!.clipped).toBeLessThan(0.05)
  })

  it('are read out bar by bar', () => {
    const panels = codePanels(found)
    const layout = layoutPanels(panels, 600)
    const second = layout.boxes[1]!
    const at = panelBinAt(panels, layout, second.x + second.width / 2, second.y + 3)!
    expect(at.panel).toBe(1)
    expect(panelText(panels, at)).toMatch(
      /^4 bits, \S+ to \S+ step: \d+ weights, [\d.]+\s%; code \d+: [\d.]+\s% of the weights/,
    )
    expect(panelBinAt(panels, layout, second.x - 2, second.y)).toBeNull()
    expect(walkPanels(panels, at, 'ArrowUp', 1)).toMatchObject({ panel: 0 })
    expect(walkPanels(panels, at, 'End', 1)).toEqual({ panel: 1, bin: panels[1]!.counts.length - 1 })
    expect(walkPanels(panels, { panel: 0, bin: 0 }, 'ArrowLeft', 10)).toEqual({ panel: 0, bin: 0 })
    expect(walkPanels(panels, at, 'x', 1)).toBeNull()
    expect(walkPanels([], null, 'ArrowLeft', 1)).toBeNull()
    const rows = panelRows(panels)
    expect(rows.reduce((sum, row) => sum + Number(row[3]), 0)).toBe(WEIGHTS)
  })

  it('say what codes alone tell', () => {
    const alone = { ...found, original: false, weights: null, error: null, relative: null }
    const codes = found.codes.map((tally) => ({ ...tally, places: null }))
    expect(weightPanels(alone)).toHaveLength(1)
    expect(errorPanels(alone)).toEqual([])
    const [panel] = codePanels({ ...alone, codes })
    expect(panel!.title).not.toContain('beyond')
    expect(panel!.levels![0]!.share).toBeGreaterThan(0)
  })
})

const lanes = (bits: number[], saliency: number[]): ColumnRecord => ({
  ...{ bits: Float32Array.from(bits), norm: Float32Array.from(saliency, Math.sqrt) },
  ...{ factor: new Float32Array(bits.length).fill(1), error: new Float32Array(bits.length) },
  ...{ hessian: null, salient: null },
})

describe('saliency and bits', () => {
  it('go together as far as the ranks do', () => {
    const boxes = saliencyBoxes(lanes([1, 1, 2, 2, 4], [1, 4, 9, 16, 25]))!
    expect(boxes.boxes.map(({ bits, columns }) => [bits, columns])).toEqual([
      [1, 2],
      [2, 2],
      [4, 1],
    ])
    expect(boxes.boxes[0]!.quantiles[2]).toBeCloseTo(2.5, 5)
    // ranks 1…5 against 1.5, 1.5, 3.5, 3.5, 5
    expect(boxes.rho).toBeCloseTo(0.948683298, 8)
    expect(saliencyText(boxes, null)).toBe('Spearman’s ρ = 0.949 over 5 columns')
    expect(saliencyText(boxes, 2)).toMatch(/^4 bits: 1 column, median saliency 25\.0/)
    expect(saliencyBoxAt(boxes, { box: { x: 52, y: 0, width: 300, height: 100 } }, 53)).toBe(0)
    expect(saliencyBoxAt(boxes, { box: { x: 52, y: 0, width: 300, height: 100 } }, 400)).toBeNull()
  })

  it('say so where widths do not differ, or saliency is unknown', () => {
    const same = saliencyBoxes(lanes([4, 4, 4], [1, 2, 3]))!
    expect(same.rho).toBeNull()
    expect(saliencyText(same, null)).toBe(
      'All 3 columns have 4 bits: there is nothing for saliency to go together with.',
    )
    expect(saliencyBoxes({ ...lanes([4], [1]), factor: null })).toBeNull()
  })
})

describe('errors by kind', () => {
  it('count every module once, the experts of all layers as one kind', () => {
    const modules = finished(expertPlan(6, 8))
    const kinds = errorKinds(modules)!
    expect(kinds.kinds.map(({ kind }) => kind)).toEqual([
      'q',
      'k',
      'v',
      'o',
      'experts gate',
      'experts up',
      'experts down',
    ])
    for (const { counts, modules: n } of kinds.kinds) expect(counts.reduce((sum, count) => sum + count, 0)).toBe(n)
    const down = kinds.kinds[6]!
    const errors = modules.filter(({ role }) => role.endsWith('.down')).map(({ error }) => error.output!)
    expect([down.low, down.high]).toEqual([Math.min(...errors), Math.max(...errors)])
    expect(modules.find(({ name }) => name === down.worst)!.error.output).toBe(down.high)
    expect(kindText(kinds, 6)).toContain(`worst ${down.worst}`)
    const layout = layoutKinds(kinds, 700)
    expect(kindAt(kinds, layout, layout.row * 6.5)).toBe(6)
    expect(kindAt(kinds, layout, layout.height - 1)).toBeNull()
  })

  it('are those of weights where nothing was calibrated, and nothing where neither is known', () => {
    const modules = finished(densePlan(2)).map((one) => ({ ...one, error: { ...one.error, output: null } }))
    expect(errorKinds(modules)!.what).toBe('weight')
    expect(errorKinds(modules.map((one) => ({ ...one, error: { weight: Number.NaN, output: null } })))).toBeNull()
  })
})
