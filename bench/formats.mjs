#!/usr/bin/env node
/**
 * Results taken through the formats of other software, read again by Bitloom and by tools/read_quantized.py: every tensor, and
 * the perplexity that each measures. Prints the table of docs/formats.md:
 *
 *     node bench/formats.mjs public/models/wren-nano public/models/wren-3m DIR/stories260K [--python python3]
 *
 * Needs the built command line, and a Python with what the tool asks for. Calibration and text are the bundled ones.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

const { values: flags, positionals: models } = parseArgs({
  allowPositionals: true,
  options: { python: { type: 'string', default: 'python3' } },
})

const root = join(import.meta.dirname, '..')
const text = join(root, 'public/texts/state-of-the-union.txt')
const measured = ['--text', text, '--max-tokens', '4096']
const folder = mkdtempSync(join(tmpdir(), 'bitloom-formats-'))
const calibration = ['--calibration', join(root, 'public/texts/moby-dick.txt'), '--samples', '8', '--seq-len', '128']

const RECIPES = [
  ['--method', 'gptq', '--bits', '4', '--group-size', '64'],
  ['--method', 'gptq', '--bits', '3', '--group-size', '32', '--symmetric'],
  ['--method', 'rtn', '--bits', '2', '--group-size', '32'],
  ['--method', 'rtn', '--bits', '8', '--group-size', '-1', '--symmetric'],
  ['--method', 'rtn', '--bits', '5', '--group-size', '-1'],
  ['--method', 'mg-ptq', '--bits', '2.75', '--levels', 'whole', '--candidates', '2,3,4', '--group-size', '32', '--tie'],
]
const FORMATS = ['gptq', 'gptq-v2', 'compressed-tensors', 'fp16']

function run(program, args) {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 2 ** 28 })
  return { ok: status === 0, stdout, stderr }
}
const bitloom = (...args) => run(process.execPath, [join(root, 'dist-cli/bitloom.mjs'), ...args, '--json'])

function must({ ok, stdout, stderr }) {
  if (!ok) throw new Error(stderr.slice(-1500))
  return stdout
}

console.log('| model | recipe | bits stored | Bitloom | GPTQ v1 | GPTQ v2 | compressed-tensors | fp16 |')
console.log('|---|---|---:|---:|---:|---:|---:|---:|')
for (const model of models.map((path) => resolve(path)))
  for (const recipe of RECIPES) {
    const packed = join(folder, 'packed.safetensors')
    const made = bitloom('quantize', model, ...recipe, ...calibration, '--out', packed, '--force')
    if (!made.ok) {
      console.error(`${basename(model)} ${recipe.join(' ')}: ${made.stderr.trim().split('\n').at(-1)}`)
      continue
    }
    const { effectiveBits } = JSON.parse(made.stdout)
    const held = FORMATS.filter(
      (format) => bitloom('export', packed, '--format', format, '--out', join(folder, format)).ok,
    )
    const paths = held.map((format) => join(folder, format))
    const { exports } = JSON.parse(must(bitloom('verify', packed, ...paths, ...measured)))
    const args = [join(root, 'tools/read_quantized.py'), ...paths, '--against', join(folder, 'fp16'), ...measured]
    const lines = must(run(flags.python, args))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    const theirs = FORMATS.map((format) => lines[held.indexOf(format)]?.perplexity?.toFixed(4) ?? 'refused')
    const ours = exports[0].perplexity.run.toFixed(4)
    console.log(
      `| ${basename(model)} | \`${recipe.join(' ')}\` | ${effectiveBits.total.toFixed(2)} | ${ours} | ${theirs.join(' | ')} |`,
    )
    for (const path of paths) rmSync(path, { recursive: true })
  }
rmSync(folder, { recursive: true })
