/**
 * Quantizes onto a disk that is too small for the blocks, then for the output, then large enough, and holds the result against
 * a run that nobody disturbed. Linux only: the disk is a tmpfs in a mount namespace of its own. node bench/full-disk.mjs
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { savedVariables } from '../scripts/environment.mjs'
import { root } from '../scripts/project.mjs'
import { lasting, same } from './lasting.mjs'

const folder = mkdtempSync(join(tmpdir(), 'bitloom-full-'))
const env = { ...process.env, ...savedVariables() }
const [disk, whole, got] = ['disk', 'whole', 'got'].map((name) => join(folder, name))
const quantize = (out) =>
  [
    ...[process.execPath, join(root, 'dist-cli/bitloom.mjs'), 'quantize', join(root, 'public/models/wren-nano')],
    ...['--calibration', join(root, 'public/texts/moby-dick.txt'), '--method', 'gptq'],
    ...['--samples', '8', '--seq-len', '64', '--out', out],
  ].join(' ')
const on = (size) => `mount -o remount,size=${size} '${disk}'; ${quantize(join(disk, 'out'))} 2>&1 | tail -n 2`

const script = [
  `mkdir '${disk}'; mount -t tmpfs -o size=150k tmpfs '${disk}'`,
  on('150k'),
  on('1m'),
  on('64m'),
  `ls '${disk}'; cp '${disk}/out' '${got}'`,
].join('\n')

try {
  spawnSync('sh', ['-c', quantize(whole)], { env })
  const { stdout, stderr } = spawnSync('unshare', ['-Urm', 'sh', '-c', script], { env, encoding: 'utf8' })
  console.log(stdout + stderr)
  const equal = same(lasting(got), lasting(whole))
  console.log(equal ? 'the same as undisturbed' : 'DIFFERENT from the undisturbed run')
  process.exitCode = equal ? 0 : 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
