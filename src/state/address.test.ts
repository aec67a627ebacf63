import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Address, formatAddress, parseAddress } from './address'
import { type MatrixChoices, startingChoices } from './matrix-choices'

const NOTHING: Address = { place: '', module: null, measure: null, compared: null, matrix: {} }

it('keeps step, module, measure and compared runs', () => {
  const address: Address = {
    place: 'step-look',
    module: 'model.layers.0.mlp.up_proj',
    measure: 'output',
    compared: { a: 1, b: 12 },
    matrix: {},
  }
  expect(formatAddress(address)).toBe('#step-look?module=model.layers.0.mlp.up_proj&measure=output&compare=1,12')
  expect(parseAddress(formatAddress(address))).toEqual(address)
  expect(parseAddress('#benchmark')).toEqual({ ...NOTHING, place: 'benchmark' })
})

it('keeps how a matrix is looked at, where it is not as at the start', () => {
  const matrix: MatrixChoices = {
    ...{ order: 'saliency', quantities: ['weight', 'error'], reduction: 'largest', contrast: 'clipped' },
    ...{ rowOrder: 'error', group: 64, table: true },
  }
  const address = { ...NOTHING, place: 'step-look', matrix }
  expect(formatAddress(address)).toBe(
    '#step-look?order=saliency&rows=error&show=weight,error&bin=largest&colour=clipped&group=64&table=1',
  )
  expect(parseAddress(formatAddress(address))).toEqual(address)
  expect(formatAddress({ ...NOTHING, matrix: startingChoices })).toBe('')
  expect(parseAddress(formatAddress({ ...NOTHING, matrix: { quantities: [] } })).matrix).toEqual({ quantities: [] })
})

it.each([
  '',
  '#?order=colour&rows=columns&bin=all&colour=red&group=1e9&table=yes',
  '#?show=&order=constructor',
  '#?show=weight,losses&group=-2&rows=',
  '#',
  '#<img src=x>',
  '#STEP',
  '#?module=&measure=colour&compare=1',
  '#?compare=-1,2',
  '#?compare=1,99999999',
  `#?module=${'x'.repeat(2000)}`,
])('leaves out what is not as it should be: %s', (hash) => expect(parseAddress(hash)).toEqual(NOTHING))

it('reads what it writes, and anything at all without a failure', () => {
  const text = fc.string({ minLength: 1, maxLength: 40, unit: 'binary' })
  fc.assert(
    fc.property(
      text,
      fc.option(fc.constantFrom('bits', 'share', 'output', 'weight', 'saliency', 'dead', 'seconds')),
      (module, measure) => {
        const address = { ...NOTHING, place: 'step-look', module, measure } as Address
        expect(parseAddress(formatAddress(address))).toEqual(address)
      },
    ),
    { numRuns: 30 },
  )
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (hash) => void parseAddress(`#${hash}`)),
    { numRuns: 30 },
  )
})
