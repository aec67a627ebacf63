import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Address, formatAddress, parseAddress } from './address'

const NOTHING: Address = { place: '', module: null, measure: null, compared: null }

it('keeps step, module, measure and compared runs', () => {
  const address: Address = {
    place: 'step-look',
    module: 'model.layers.0.mlp.up_proj',
    measure: 'output',
    compared: { a: 1, b: 12 },
  }
  expect(formatAddress(address)).toBe('#step-look?module=model.layers.0.mlp.up_proj&measure=output&compare=1,12')
  expect(parseAddress(formatAddress(address))).toEqual(address)
  expect(parseAddress('#benchmark')).toEqual({ ...NOTHING, place: 'benchmark' })
})

it.each([
  '',
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
