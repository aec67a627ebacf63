import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { checkCounts, countsLine, playwrightCounts, reportedCounts, sum, vitestCounts } from './counts.mjs'
import { savedVariables } from './environment.mjs'
import { install } from './install.mjs'
import { root, run, runTool } from './project.mjs'
import { setUp } from './setup.mjs'

const reports = join(root, 'test-results')
const reportPath = (name) => join(reports, `${name}.json`)
const filters = process.argv.slice(2)

const tool =
  (entry, ...args) =>
  async () =>
    checkCounts(await runTool(entry, args))
const script = (name) => async () => checkCounts(await run(process.execPath, [join(root, 'scripts', name)]))

async function unitTests() {
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportPath('vitest')}`]
  const code = await runTool('vitest/vitest.mjs', ['run', ...reporters, ...filters], { env: savedVariables() })
  return reportedCounts(reportPath('vitest'), code, vitestCounts)
}

async function endToEndTests() {
  const code = await runTool('@playwright/test/cli.js', ['test'], { env: savedVariables() })
  return reportedCounts(reportPath('playwright'), code, playwrightCounts)
}

const everything = [
  ['Set-up: browser and Vulkan driver', () => setUp().then(() => checkCounts(0))],
  ['Types: tsc', tool('typescript/bin/tsc', '--noEmit')],
  ['Lint and format: biome', tool('@biomejs/biome/bin/biome', 'ci')],
  ['Build: texts, studio, command line', script('build.mjs')],
  ['Budget: JavaScript of the first view', script('budget.mjs')],
  ['Unit, kernel and command line tests: vitest', unitTests],
  ['End-to-end tests: Playwright', endToEndTests],
]

await install()
rmSync(reports, { recursive: true, force: true })
mkdirSync(reports, { recursive: true })
// With a path, `npm test -- path`, only the vitest files that match it run.
const steps = filters.length > 0 ? everything.filter(([, step]) => step === unitTests) : everything
const counts = []
for (const [headline, step] of steps) {
  console.log(`\n── ${headline} ──`)
  const begin = performance.now()
  const result = await step().catch((error) => {
    console.error(error.message)
    return checkCounts(1)
  })
  counts.push(result)
  const verdict = result.failed > 0 ? 'FAILED' : 'ok'
  console.log(`── ${verdict} in ${((performance.now() - begin) / 1000).toFixed(1)} s ──`)
}
const total = sum(counts)
console.log(`\n${countsLine(total)}`)
process.exit(total.failed > 0 ? 1 : 0)
