import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkCounts, countsLine, playwrightCounts, reportedCounts, sum, vitestCounts } from './counts.mjs'

const vitestReport = {
  numPassedTests: 7,
  numFailedTests: 1,
  numPendingTests: 2,
  numTodoTests: 1,
  testResults: [
    { status: 'passed', assertionResults: [{ status: 'passed' }] },
    { status: 'failed', assertionResults: [{ status: 'failed' }, { status: 'passed' }] },
    { status: 'failed', assertionResults: [] },
  ],
}

describe('counts of reports', () => {
  it("reads vitest's, a file that does not load being one failure", () => {
    expect(vitestCounts(vitestReport)).toEqual({ passed: 7, failed: 2, skipped: 3 })
  })
  it("reads Playwright's, errors outside tests being failures", () => {
    const report = { stats: { expected: 4, flaky: 1, unexpected: 2, skipped: 3 }, errors: [{ message: 'no server' }] }
    expect(playwrightCounts(report)).toEqual({ passed: 5, failed: 3, skipped: 3 })
  })
  it('counts a check only when it fails', () => {
    expect(checkCounts(0)).toEqual({ passed: 0, failed: 0, skipped: 0 })
    expect(checkCounts(2)).toEqual({ passed: 0, failed: 1, skipped: 0 })
  })
})

describe('reportedCounts', () => {
  let folder
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'bitloom-counts-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))
  const written = (content) => {
    const path = join(folder, 'report.json')
    writeFileSync(path, content)
    return path
  }

  it('takes the counts of the file', () => {
    expect(reportedCounts(written(JSON.stringify(vitestReport)), 1, vitestCounts).failed).toBe(2)
  })
  it('is one failure when the file is absent or cut short', () => {
    expect(reportedCounts(join(folder, 'absent.json'), 1, vitestCounts)).toEqual({ passed: 0, failed: 1, skipped: 0 })
    expect(reportedCounts(written('{"numPassed'), 0, vitestCounts).failed).toBe(1)
  })
  it('is one failure when no test failed but the run did', () => {
    const report = { ...vitestReport, numFailedTests: 0, testResults: [] }
    expect(reportedCounts(written(JSON.stringify(report)), 1, vitestCounts)).toEqual({
      passed: 7,
      failed: 1,
      skipped: 3,
    })
  })
})

it('sums steps into the closing line', () => {
  const steps = [checkCounts(1), { passed: 10, failed: 0, skipped: 2 }, { passed: 3, failed: 1, skipped: 0 }]
  expect(countsLine(sum(steps))).toBe('13 passed, 2 failed, 2 skipped')
  expect(countsLine(sum([]))).toBe('0 passed, 0 failed, 0 skipped')
})
