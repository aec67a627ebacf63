import { describe, expect, it } from 'vitest'
import { fakeTraining } from '../../../test/fake-allocation'
import { fakeMethods } from '../../../test/fake-methods'
import { fakeInspection, fakeModule } from '../../../test/fake-model'
import { fakeReconstruction } from '../../../test/fake-reconstruction'
import type { RunReport } from '../../records'
import { defaultRecipe } from '../../state/recipe'
import { runRecord } from '../../state/runs'
import { arcGraph, arcHeight, layoutArcs, nodeText, placeAt } from './graph'
import { differenceMeasure } from './measure'
import {
  layoutReconstruction,
  lowestOf,
  stepAt as reconstructionStepAt,
  reconstructionText,
  roundsOf,
  stairs,
} from './reconstruction-chart'
import { lossScale, traceOf } from './series'
import { layoutTraining, stepAt, trainingScales, trainingText } from './training-chart'
import { barAt, barText, layoutBars, modelWidth, widthBars, widthsDiffer } from './widths'

const plan = fakeInspection('wren', 2).modules
const recipe = defaultRecipe(fakeMethods[2]!, '', 'software')
const modules = plan.map((planned) => fakeModule(planned, recipe))
const uniform = plan.map((planned) => fakeModule(planned, defaultRecipe(fakeMethods[1]!, '', 'software')))

describe('training chart', () => {
  const training = fakeTraining(100, 2.5, 60)
  const layout = layoutTraining(1000)

  it('stands side by side where there is room, else stacked, never overlapping', () => {
    for (const width of [320, 619, 620, 1400]) {
      const { loss, bits, entropy, temperature, height } = layoutTraining(width)
      for (const box of [loss, bits, entropy, temperature]) {
        expect(box.x + box.width).toBeLessThanOrEqual(width)
        expect(box.y + box.height).toBeLessThan(height)
      }
      expect(entropy.y).toBeGreaterThan(bits.y + bits.height)
      expect(temperature.y).toBeGreaterThan(entropy.y + entropy.height)
      if (width >= 620) expect(bits.x).toBeGreaterThan(loss.x + loss.width)
      else expect(bits.y).toBeGreaterThan(loss.y + loss.height)
    }
  })

  it('breaks a line where nothing was measured', () => {
    const box = { x: 10, y: 0, width: 100, height: 50 }
    const scale = { kind: 'linear' as const, low: 0, high: 1, ticks: [], at: (value: number) => value }
    const trace = traceOf(Float32Array.of(0, 1, 2, 4), Float32Array.of(0, Number.NaN, 0.5, 1), box, 4, scale)
    expect(trace).toEqual([
      [{ x: 10, y: 50 }],
      [
        { x: 60, y: 25 },
        { x: 110, y: 0 },
      ],
    ])
  })

  it('fits its scales to the values, the target among them', () => {
    const { loss, bits, entropy } = trainingScales(training, 2.5)
    expect(loss.kind).toBe('log')
    expect(bits.at(2.5)).toBeGreaterThan(0)
    expect(bits.ticks).toEqual([2.5])
    expect(entropy.high).toBe(2)
    const flat = training.loss.map((_, i) => 0.95 + 0.001 * (i % 3))
    const still = trainingScales({ ...training, loss: flat, quantization: flat, chosen: flat }, null).loss
    expect([still.kind, still.at(0.95) > 0, still.at(0.952) < 1, still.high - still.low < 0.02]).toEqual([
      ...['linear', true, true, true],
    ])
    const empty = fakeTraining(100, 2.5, 0)
    expect(trainingScales(empty, null).temperature.high).toBe(0.001)
    expect(trainingText(empty, -1, 100)).toBe('No step recorded yet.')
  })

  it('finds the step under the pointer and says it in words', () => {
    const at = stepAt(training, layout, 100, layout.bits.x + layout.bits.width * 0.3, layout.bits.y + 5)!
    expect(training.step[at]).toBe(30)
    expect(trainingText(training, at, 100)).toMatch(
      /^Step 30 of 100: loss .*, quantization .*, chosen .*, mean bits 2\.\d+, entropy .* bits, temperature 0\.855$/,
    )
    expect(trainingText(training, 0, 100)).not.toContain('chosen')
    expect(stepAt(training, layout, 100, layout.loss.x + layout.loss.width, 50)).toBe(59)
    expect(stepAt(training, layout, 100, 3, 50)).toBeNull()
  })
})

describe('reconstruction chart', () => {
  const record = fakeReconstruction(200)
  const unknown = record.soft.map(() => Number.NaN)

  it('stacks what was measured, over one axis of steps', () => {
    const { loss, soft, flips, height } = layoutReconstruction(record, 800)
    expect(soft!.y).toBeGreaterThan(loss.y + loss.height)
    expect(flips!.y).toBeGreaterThan(soft!.y + soft!.height)
    expect(flips!.y + flips!.height).toBeLessThan(height)
    for (const box of [loss, soft!, flips!]) expect([box.x, box.width]).toEqual([loss.x, loss.width])
    const alone = layoutReconstruction({ ...record, soft: unknown, flips: unknown }, 800)
    expect([alone.soft, alone.flips]).toEqual([null, null])
    expect(alone.height).toBeLessThan(height)
  })

  it('sees a round in every fall of the soft part, across what was not measured', () => {
    expect(roundsOf(record)).toEqual([21, 41, 61, 81, 101, 121, 141, 161, 181])
    const soft = Float32Array.of(Number.NaN, 0.9, Number.NaN, 0.5, 0.5)
    expect(roundsOf({ ...record, step: Float32Array.of(1, 2, 3, 4, 5), soft })).toEqual([4])
    expect(roundsOf({ ...record, soft: unknown })).toEqual([])
    expect(stairs([0, 2, 5].map((x) => ({ x, y: 10 - x })))).toEqual([
      ...[0, 2, 2, 5, 5].map((x, i) => ({ x, y: [10, 10, 8, 8, 5][i] })),
    ])
  })

  it('finds the lowest loss, however it begins', () => {
    expect(lowestOf({ ...record, loss: Float32Array.of(Number.NaN, 3, 1, 2) })).toBe(2)
    expect(lowestOf({ ...record, loss: Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY) })).toBeNull()
    expect(lossScale([...record.loss]).kind).toBe('log')
  })

  it('finds the step under the pointer and says it in words, with the last count there was', () => {
    const layout = layoutReconstruction(record, 800)
    const at = reconstructionStepAt(record, layout, 200, layout.soft!.x + layout.soft!.width / 2, layout.soft!.y + 5)!
    expect(record.step[at]).toBe(100)
    expect(reconstructionText(record, at + 1, 200)).toMatch(
      /^Step 101 of 200: loss \S+, 25\.3\u00a0% of the roundings still soft, 6\.0\u00a0% of the codes unlike nearest; lowest loss \S+ at step 1\d\d$/,
    )
    expect(reconstructionText(record, 0, 200)).not.toContain('codes')
    expect(reconstructionText({ ...record, loss: unknown, soft: unknown }, 9, 200)).toBe(
      'Step 10 of 200: no loss, 1.2\u00a0% of the codes unlike nearest',
    )
    expect(reconstructionText(fakeReconstruction(200, 0), -1, 200)).toBe('No step recorded yet.')
  })
})

describe('graph of columns', () => {
  const { graph, columns } = modules[0]!
  const arcs = arcGraph(graph!)

  it('lays columns out in their order and leads every edge to the right', () => {
    expect(arcs.columns).toEqual([...graph!.nodes].sort((a, b) => a - b))
    expect(arcs.edges).toHaveLength(graph!.weight.length)
    for (const [i, { from, to, weight }] of arcs.edges.entries()) {
      expect(to).toBeGreaterThan(from)
      expect(Math.abs(weight)).toBeGreaterThanOrEqual(Math.abs(arcs.edges[i - 1]?.weight ?? 0))
    }
  })

  it('keeps arcs inside and finds the column under the pointer', () => {
    const layout = layoutArcs(arcs, 800)
    for (const edge of arcs.edges)
      expect(arcHeight(edge, layout, arcs.columns.length)).toBeLessThanOrEqual(layout.reach)
    expect(placeAt(arcs, layout, layout.left + 4.4 * layout.gap)).toBe(4)
    expect(placeAt(arcs, layout, 20)).toBeNull()
  })

  it('says what a column pushes and absorbs', () => {
    const small = arcGraph({
      nodes: Uint32Array.of(9, 2, 5),
      from: Uint32Array.of(1, 1, 2),
      to: Uint32Array.of(2, 0, 0),
      weight: Float32Array.of(0.5, -0.75, 0.25),
    })
    const bits = Float32Array.of(1, 1, 3, 1, 1, 2, 1, 1, 1, 4)
    expect([0, 1, 2].map((place) => nodeText(small, { ...columns, bits }, place))).toEqual([
      'Column 2: 3 bits; pushes to 2, −0.750 of its error to column 9',
      'Column 5: 2 bits; pushes to 1, 0.250 of its error to column 9; absorbs from 1, 0.500 of column 2',
      'Column 9: 4 bits; absorbs from 2, −0.750 of column 2',
    ])
  })
})

describe('widths of the columns', () => {
  it('are told as shares, and as a mean over all weights', () => {
    const bars = widthBars(modules)
    expect(bars).toHaveLength(14)
    for (const { shares } of bars) expect(shares.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12)
    expect(modelWidth(modules)).toBeCloseTo(2.5, 1)
    expect(barText(bars[0]!)).toMatch(
      /^model\.layers\.0\.self_attn\.q_proj: mean 2\.\d+ bits; \d+\s% at 4, \d+\s% at 3, /,
    )
    const layout = layoutBars(bars, 1000)
    expect([barAt(layout, layout.left), barAt(layout, layout.left + layout.plot - 1)]).toEqual([0, 13])
    expect(barAt(layout, layout.left - 1)).toBeNull()
  })

  it('are worth a chart only where they differ', () => {
    expect(widthsDiffer(modules)).toBe(true)
    expect(widthsDiffer(uniform)).toBe(false)
  })
})

it('two runs differ by the mean widths of their modules', () => {
  const record = (list: typeof modules) =>
    runRecord(1, 'm', { model: { name: 'm' }, recipe, seconds: { total: 1 }, modules: list } as unknown as RunReport)
  const view = differenceMeasure(record(uniform), record(modules))
  const value = view.value(uniform[0]!)!
  expect(value).toBeCloseTo(1.5, 1)
  expect(view.format(value)).toMatch(/^\+1\.\d\d$/)
  expect([view.format(-0.5), view.format(0)]).toEqual(['−0.50', '0.00'])
  expect(view.scale([0.3, -0.4]).at(0)).toBe(0.5)
  expect(view.value({ ...uniform[0]!, name: 'other' })).toBeNull()
})
