import { expect, it } from 'vitest'
import { perplexityReport } from '../../test/perplexity'
import { knownBefore, type MeasurementKey, protocolProblem, ratio, recordMeasurement } from './measurements'

const key: MeasurementKey = {
  model: 'wren#1',
  recipe: 'RTN',
  run: 1,
  protocol: 'windows:64',
  text: 't',
  maxTokens: 512,
}

it('puts before and after of one setting on one line', () => {
  let lines = recordMeasurement([], key, 'before', perplexityReport(50))
  lines = recordMeasurement(lines, key, 'after', perplexityReport(60))
  expect(lines).toHaveLength(1)
  expect(ratio(lines[0]!)).toBe(1.2)
})

it("reuses the original's number for another run, not for another text, protocol or model", () => {
  const lines = recordMeasurement([], key, 'before', perplexityReport(50))
  const next = recordMeasurement(lines, { ...key, run: 2 }, 'after', perplexityReport(55))
  expect(next).toHaveLength(2)
  expect(ratio(next[1]!)).toBeCloseTo(1.1)
  for (const other of [{ text: 'u' }, { protocol: 'llama.cpp:64' }, { maxTokens: null }, { model: 'wren#2' }])
    expect(knownBefore(lines, { ...key, ...other })).toBeNull()
})

it('knows the names of protocols', () => {
  expect(protocolProblem('windows:512')).toBeNull()
  expect(protocolProblem('llama.cpp:256')).toBeNull()
  expect(protocolProblem('windows:1')).toMatch(/4 to 131072/)
  expect(protocolProblem('windows:NaN')).toMatch(/expected 'windows:L'/)
})
