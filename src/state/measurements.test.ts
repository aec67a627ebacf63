import { expect, it } from 'vitest'
import { knownBefore, type MeasurementKey, protocolProblem, ratio, recordMeasurement } from './measurements'

const key: MeasurementKey = {
  model: 'wren#1',
  recipe: 'RTN',
  run: 1,
  protocol: 'windows:64',
  text: 't',
  maxTokens: 512,
}
const report = (perplexity: number) => ({
  protocol: 'windows:64',
  text: 't',
  perplexity,
  nll: Math.log(perplexity),
  interval: { low: perplexity - 2, high: perplexity + 2 },
  positions: [{ from: 1, to: 255, nll: Math.log(perplexity) }],
  tokens: 504,
  windows: 8,
  stored: false,
  seconds: 1,
})

it('puts before and after of one setting on one line', () => {
  let lines = recordMeasurement([], key, 'before', report(50))
  lines = recordMeasurement(lines, key, 'after', report(60))
  expect(lines).toHaveLength(1)
  expect(ratio(lines[0]!)).toBe(1.2)
})

it("reuses the original's number for another run, not for another text, protocol or model", () => {
  const lines = recordMeasurement([], key, 'before', report(50))
  const next = recordMeasurement(lines, { ...key, run: 2 }, 'after', report(55))
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
