import { describe, expect, it } from 'vitest'
import { FormatError } from '../errors'
import { inverseFrequencies, readRope } from './rope'

const llama3 = {
  rope_type: 'llama3',
  factor: 8,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 8192,
}

describe('readRope', () => {
  it.each([
    ['nothing', {}, { theta: 10000, scaling: null }],
    ['an old theta', { rope_theta: 5e5, rope_scaling: null }, { theta: 5e5, scaling: null }],
    [
      'an old linear scaling',
      { rope_scaling: { type: 'linear', factor: 2 } },
      { theta: 10000, scaling: { type: 'linear', factor: 2 } },
    ],
    [
      'new parameters',
      { rope_parameters: { rope_type: 'default', rope_theta: 250 }, rope_theta: 1 },
      { theta: 250, scaling: null },
    ],
    [
      'llama3',
      { rope_theta: 5e5, rope_scaling: llama3 },
      {
        theta: 5e5,
        scaling: { type: 'llama3', factor: 8, lowFreqFactor: 1, highFreqFactor: 4, originalContext: 8192 },
      },
    ],
  ])('reads %s', (_, config, rope) => {
    expect(readRope(config, 8)).toEqual({ ...rope, turned: 8 })
  })

  it.each([
    [
      { rope_scaling: { type: 'yarn', factor: 4 } },
      /rope_scaling: expected type default, linear, llama3 or longrope, got "yarn"/,
    ],
    [{ rope_parameters: { rope_type: 'linear' } }, /rope_parameters.factor: expected a number for type linear/],
    [{ rope_scaling: { ...llama3, low_freq_factor: 4 } }, /high_freq_factor: expected more than 4, got 4/],
    [{ rope_scaling: { ...llama3, factor: 0 } }, /rope_scaling.factor/],
    [{ rope_scaling: 'linear' }, /rope_scaling/],
    [{ rope_theta: -1 }, /rope_theta: expected a positive number, got -1/],
    [{ partial_rotary_factor: 0.4 }, /partial_rotary_factor: expected an even part of 8, got 0.4/],
    [{ partial_rotary_factor: 2 }, /partial_rotary_factor: expected a number up to 1, got 2/],
  ])('refuses %o', (config, message) => {
    expect(() => readRope(config, 8)).toThrow(FormatError)
    expect(() => readRope(config, 8)).toThrow(message)
  })
})

describe('inverseFrequencies', () => {
  const of = (config: Record<string, unknown>, headDim: number) => inverseFrequencies(readRope(config, headDim))

  it('falls from 1 by powers of theta', () => {
    expect([...of({}, 8)]).toEqual([1, 0.1, 0.01, 0.001].map((value) => expect.closeTo(value, 14)))
  })

  it('is divided by a linear factor', () => {
    const scaled = of({ rope_scaling: { rope_type: 'linear', factor: 4 } }, 4)
    expect([...scaled]).toEqual([0.25, 0.0025].map((value) => expect.closeTo(value, 14)))
  })

  // Llama 3.1 8B, from a line by line transcription of _compute_llama3_parameters to Python floats.
  it('is scaled for llama3 as transformers does', () => {
    const values = of({ rope_theta: 5e5, rope_scaling: llama3 }, 128)
    const expected = [
      [0, 1.0],
      [8, 0.19392274474868576],
      [16, 0.03760603093086393],
      [24, 0.0072926647372171085],
      [28, 0.0032114459947525913],
      [29, 0.002166570763503359],
      [30, 0.0013718935677611381],
      [31, 0.0008567514129196321],
      [32, 0.0005248461609929547],
      [33, 0.00031269375038406517],
      [34, 0.00017850781276799638],
      [35, 9.556212353964683e-5],
      [40, 3.428102195952591e-5],
      [63, 3.068925988914511e-7],
    ] as const
    for (const [i, value] of expected) expect(values[i]! / value).toBeCloseTo(1, 12)
  })
})
