import { describe, expect, it } from 'vitest'
import { FormatError } from '../../errors'
import { matters } from '../description'
import { describeMethod } from '../options'
import { methods, resolveMethod } from '../registry'

const options = (given: Record<string, unknown>) => resolveMethod('mg-ptq', given).options
const refusal = (given: Record<string, unknown>): string => {
  try {
    options(given)
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError)
    return (error as Error).message
  }
  throw new Error(`${JSON.stringify(given)} was not refused`)
}

describe('options of MG-PTQ', () => {
  it('have the defaults that measured best', () => {
    expect(options({})).toEqual({
      ...{ bits: 2.5, bounds: 'code', allocator: 'messages', budget: 'model', objective: 'compensated' },
      ...{ sensitivity: 'outputs', candidates: '1,2,3,4', limits: '', tie: false, groupSize: 128, ranges: 'width' },
      ...{
        levels: 'free',
        fit: 'search',
        order: 'width',
        correction: 0.5,
        sequence: 'true',
        damping: 0.01,
        adjacency: 'factor',
      },
      ...{ features: 'weights', alpha: 10, steps: 300, learningRate: 0.002, noise: 0.3 },
    })
  })

  it.each<[Record<string, unknown>, RegExp]>([
    [{ bits: 0.9 }, /option 'bits' of mg-ptq: .*got 0.9\) — correct it/],
    [{ bits: 8.1 }, /option 'bits'/],
    [{ bits: 4.5 }, /option 'bits' .*between 1 and 4 .*candidates.*\(got 4.5\)/],
    [{ bits: 1.5, candidates: '2,3' }, /option 'bits' .*between 2 and 3/],
    [{ bits: 1.5, candidates: '2,3', bounds: 'effective' }, /option 'bits' .*at least 2 bits/],
    [{ alpha: 0 }, /option 'alpha' of mg-ptq: .*>=0.001 .*got 0/],
    [{ alpha: -1 }, /option 'alpha'/],
    [{ candidates: '' }, /option 'candidates'.*expected ascending distinct widths.*got none/],
    [{ candidates: '2,1' }, /option 'candidates'.*got 2,1 — list each width once, the narrowest first/],
    [{ candidates: '2,2,3' }, /option 'candidates'/],
    [{ candidates: '0,9' }, /option 'candidates'.*got '0'/],
    [{ limits: '(a+)+: 2-4' }, /option 'limits'.*a pattern without groups/],
    [{ limits: '[z-a]: 2-4' }, /option 'limits'.*a regular expression/],
    [{ limits: 'down_proj' }, /option 'limits'.*no colon after a pattern/],
    [
      { allocator: 'gcn', objective: 'output' },
      /option 'objective'.*take budget layer with it, or objective compensated/,
    ],
    [{ levels: 'whole' }, /option 'levels'.*at least 2 bits, groups of 32 or a row.*got 1, 2, 3, 4, 128, width/],
    [{ levels: 'whole', candidates: '2,3', groupSize: 32, ranges: 'shared' }, /option 'levels'.*got 2, 3, 32, shared/],
    [{ damping: 0 }, /option 'damping'/],
    [{ steps: 0 }, /option 'steps'/],
    [{ correction: 1.5 }, /option 'correction'/],
    [{ allocator: 'guess' }, /option 'allocator'/],
    [{ bit: 3 }, /mg-ptq/],
  ])('refuse %o', (given, message) => {
    expect(refusal(given)).toMatch(message)
  })

  it('accept the published objective where every layer has its budget or nothing is learned', () => {
    for (const given of [{ allocator: 'gcn', budget: 'layer' }, { allocator: 'greedy' }])
      expect(options({ ...given, objective: 'output' })).toMatchObject(given)
  })

  it('leave the range of bits to effective bits, which the layers decide', () => {
    expect(options({ bits: 4.1, bounds: 'effective' })).toMatchObject({ bits: 4.1 })
  })
})

describe('the form of MG-PTQ', () => {
  const form = describeMethod(methods.find(({ id }) => id === 'mg-ptq')!).options

  it('asks the plain questions first', () => {
    const plain = form.filter(({ advanced }) => !advanced).map(({ key }) => key)
    expect(plain).toEqual(['bits', 'bounds', 'allocator', 'budget', 'groupSize'])
    expect(form.map(({ key }) => key).slice(0, 4)).toEqual(['bits', 'bounds', 'allocator', 'budget'])
  })

  it('hides what does not matter', () => {
    const shown = (values: Record<string, string>) =>
      form.filter((option) => matters(option, values)).map(({ key }) => key)
    const learned = ['objective', 'adjacency', 'features', 'alpha', 'steps', 'learningRate', 'noise']
    const hidden = (values: Record<string, string>) => learned.filter((key) => !shown(values).includes(key))
    expect(hidden({ allocator: 'gcn', objective: 'output' })).toEqual([])
    expect(hidden({ allocator: 'gcn', objective: 'compensated' })).toEqual(['features', 'alpha'])
    expect(hidden({ allocator: 'mlp', objective: 'output' })).toEqual(['adjacency'])
    for (const allocator of ['messages', 'greedy'])
      expect(hidden({ allocator, objective: 'compensated' })).toEqual(learned)
  })

  it('explains every choice in words', () => {
    for (const option of form) {
      expect(option.label, option.key).not.toBe(option.key)
      expect(option.help, option.key).toMatch(/\.$/)
    }
  })
})
