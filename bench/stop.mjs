/**
 * Sends `bitloom quantize` a SIGINT at random moments, from its start to its first finished linears, and tells how long it takes
 * to end: node bench/stop.mjs [--stops 20] [--within SECONDS]
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { savedVariables } from '../scripts/environment.mjs'
import { root } from '../scripts/project.mjs'

const { values: flags } = parseArgs({
  options: { stops: { type: 'string', default: '20' }, within: { type: 'string', default: '3' } },
})
const folder = mkdtempSync(join(tmpdir(), 'bitloom-stop-'))
const env = { ...process.env, ...savedVariables() }
const files = [join(root, 'public/models/wren-nano'), '--calibration', join(root, 'public/texts/moby-dick.txt')]

/** How it ended, and how many seconds after the signal. */
function stopped(out, ms) {
  const args = [join(root, 'dist-cli/bitloom.mjs'), 'quantize', ...files, '--seq-len', '64', '--out', out]
  const child = spawn(process.execPath, args, { env, stdio: 'ignore' })
  let asked = 0
  const timer = setTimeout(() => {
    asked = performance.now()
    child.kill('SIGINT')
  }, ms)
  return new Promise((done) =>
    child.on('exit', (code, signal) => {
      clearTimeout(timer)
      done({ how: asked === 0 ? 'had finished' : (signal ?? code), seconds: (performance.now() - asked) / 1000 })
    }),
  )
}

const ways = new Map()
try {
  for (let i = 0; i < Number(flags.stops); i++) {
    // a golden-ratio walk: spread evenly, whatever the number
    const moment = 1000 * Number(flags.within) * ((i * 0.618034) % 1)
    const { how, seconds } = await stopped(join(folder, `${i}`), moment)
    const { times, longest } = ways.get(how) ?? { times: 0, longest: 0 }
    ways.set(how, { times: times + 1, longest: Math.max(longest, how === 'had finished' ? 0 : seconds) })
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
console.log('| ended with | times | seconds, at most |\n| --- | ---: | ---: |')
for (const [how, { times, longest }] of ways) console.log(`| ${how} | ${times} | ${longest.toFixed(2)} |`)
