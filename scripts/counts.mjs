import { readFileSync } from 'node:fs'

/**
 * Passed, failed and skipped of one step of the tests. A file that cannot be loaded, or a run that ends badly without
 * naming a test, has no failed test to count; it still counts as one failure, so that nothing broken sums to zero.
 */
const tally = (passed, failed, skipped) => ({ passed, failed, skipped })

/** Counts of vitest's JSON report. */
export function vitestCounts(report) {
  const unloadable = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  )
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = report
  return tally(numPassedTests, numFailedTests + unloadable.length, numPendingTests + numTodoTests)
}

/** Counts of Playwright's JSON report. */
export function playwrightCounts({ stats, errors }) {
  return tally(stats.expected + stats.flaky, stats.unexpected + errors.length, stats.skipped)
}

/** Counts of a step that is one yes or no: it adds nothing when it passes. */
export const checkCounts = (code) => tally(0, code === 0 ? 0 : 1, 0)

/** Counts from a report file, read by `parse`; the exit code has the last word on whether something failed. */
export function reportedCounts(path, code, parse) {
  let counts
  try {
    counts = parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    counts = tally(0, 1, 0)
  }
  return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts
}

export const sum = (all) =>
  all.reduce((a, b) => tally(a.passed + b.passed, a.failed + b.failed, a.skipped + b.skipped), tally(0, 0, 0))

export const countsLine = ({ passed, failed, skipped }) => `${passed} passed, ${failed} failed, ${skipped} skipped`
