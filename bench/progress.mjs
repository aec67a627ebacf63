import { createServer } from 'vite'
import { root } from '../scripts/project.mjs'

/** What the page's state of a run costs for each module that finishes, by how many there are: it must not grow. */
const server = await createServer({ root, logLevel: 'error', server: { middlewareMode: true, watch: null } })
const { foldProgress, newRun, runningModule } = await server.ssrLoadModule('/src/state/progress.ts')

const BATCH = 10
const bits = new Float32Array(1)

function microseconds(count) {
  const plan = Array.from({ length: count }, (_, i) => ({ name: `m${i}`, layer: i >> 8, role: 'q', out: 1, in: 1 }))
  const records = plan.map((module) => ({
    type: 'module',
    module: { ...module, damping: null, flips: null, columns: { bits }, reconstruction: null },
  }))
  let run = newRun('', 1, 0)
  const began = performance.now()
  for (let i = 0; i < count; i += BATCH) {
    run = foldProgress(run, records.slice(i, i + BATCH))
    runningModule(run, plan)
  }
  if (run.modules.length !== count) throw new Error(`${run.modules.length} of ${count} modules`)
  return (1000 * (performance.now() - began)) / count
}

microseconds(10_000) // compiled by now
console.log('| modules | µs a module |\n| ---: | ---: |')
for (const count of [3000, 30_000, 300_000, 3_000_000])
  console.log(`| ${count.toLocaleString('en')} | ${microseconds(count).toFixed(2)} |`)
await server.close()
