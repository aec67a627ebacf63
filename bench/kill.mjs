/**
 * Kills `bitloom quantize` with SIGKILL at random moments, runs it again until it comes to its end, and holds what it wrote
 * against a run that nobody disturbed: node bench/kill.mjs [--kills 20] [--methods gptq,awq] [--model DIR] [--text FILE]
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { savedVariables } from '../scripts/environment.mjs'
import { root } from '../scripts/project.mjs'
import { lasting, same } from './lasting.mjs'

const { values: flags } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    methods: { type: 'string', default: 'gptq,awq,mg-ptq,omniquant' },
    model: { type: 'string', default: join(root, 'public/models/wren-nano') },
    text: { type: 'string', default: join(root, 'public/texts/moby-dick.txt') },
    samples: { type: 'string', default: '32' },
    length: { type: 'string', default: '128' },
    cli: { type: 'string', default: join(root, 'dist-cli/bitloom.mjs') },
  },
})

const OPTIONS = { omniquant: ['--epochs', '2'] }

const folder = mkdtempSync(join(tmpdir(), 'bitloom-kill-'))
const env = { ...process.env, ...savedVariables() }

/** Runs the command; kills it after `ms`, if it lives so long. */
function quantize(method, out, ms = null) {
  const args = [flags.cli, 'quantize', flags.model, '--calibration', flags.text, '--method', method]
  const sizes = ['--samples', flags.samples, '--seq-len', flags.length, '--out', out, ...(OPTIONS[method] ?? [])]
  const child = spawn(process.execPath, [...args, ...sizes], { env, stdio: ['ignore', 'ignore', 'pipe'] })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text))
  const timer = ms === null ? null : setTimeout(() => child.kill('SIGKILL'), ms)
  return new Promise((done) =>
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      done({ code, killed: signal === 'SIGKILL', stderr })
    }),
  )
}

/** As src/random.ts, which Node 20 cannot read as it is. */
function randomFrom(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

const random = randomFrom(Number(flags.seed))
const methods = flags.methods.split(',')
const perMethod = Math.ceil(Number(flags.kills) / methods.length)
let failed = false

console.log('| method | undisturbed, s | kills | moments, s | blocks kept at the kill | runs to the end | different |')
console.log('|---|---|---|---|---|---|---|')
try {
  for (const method of methods) {
    const whole = join(folder, `${method}.whole`)
    const began = performance.now()
    const { code, stderr } = await quantize(method, whole)
    if (code !== 0) throw new Error(`${method}: the undisturbed run failed\n${stderr}`)
    const ms = performance.now() - began
    const expected = lasting(whole)
    const [moments, kept] = [[], []]
    let [ends, different] = [0, 0]
    while (moments.length < perMethod) {
      const out = join(folder, `${method}.${ends}`)
      for (;;) {
        const moment = moments.length < perMethod ? random() * ms : null
        const ended = await quantize(method, out, moment)
        if (ended.killed) {
          moments.push((moment / 1000).toFixed(1))
          const run = existsSync(`${out}.run`) ? readdirSync(`${out}.run`) : []
          kept.push(run.filter((name) => /^block-\d+\.[0-9a-f]{64}\./.test(name)).length)
          continue
        }
        if (ended.code !== 0) throw new Error(`${method}: the run did not go on\n${ended.stderr}`)
        break
      }
      ends++
      const got = lasting(out)
      const left = readdirSync(folder).filter((name) => /\.(run|lock|partial)/.test(name))
      if (!same(got, expected) || left.length > 0) different++
      rmSync(out)
    }
    failed ||= different > 0
    console.log(
      `| ${method} | ${(ms / 1000).toFixed(1)} | ${moments.length} | ${moments.join(' ')} | ${kept.join(' ')} | ${ends} | ${different} |`,
    )
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
process.exit(failed ? 1 : 0)
