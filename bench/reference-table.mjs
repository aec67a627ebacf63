#!/usr/bin/env node
/**
 * Quantizes and evaluates every row of an independent RTN / GPTQ table with the command line and prints both numbers
 * side by side, one JSON object a line:
 *
 *     node bench/reference-table.mjs --data DIR --model wren-3m [--bits 4,3] [--texts wiki.test.raw,heldout.txt]
 *
 * DIR holds models/NAME, texts/, and reference/reference.json (`rtn_gptq`: same windows, float32 scales).
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const { values: flags } = parseArgs({
  options: {
    data: { type: 'string' },
    model: { type: 'string' },
    bits: { type: 'string', default: '4,3,2' },
    texts: { type: 'string', default: 'wiki.test.raw,heldout.txt' },
    characters: { type: 'string', default: '300000' },
    cli: { type: 'string', default: 'dist-cli/bitloom.mjs' },
  },
})
/** Largest relative difference of a perplexity that counts as the same method, by model, method and bits. */
const tolerances = {
  'wren-25m': { rtn: { 4: 0.005, 3: 0.005, 2: 0.005 }, gptq: { 4: 0.01, 3: 0.03, 2: 0.1 } },
  'wren-3m': { rtn: { 4: 0.01, 3: 0.05 }, gptq: { 4: 0.01, 3: 0.05 } },
  'wren-nano': { rtn: { 4: 0.01, 3: 0.05 }, gptq: { 4: 0.01, 3: 0.05 } },
}

const folder = mkdtempSync(join(tmpdir(), 'bitloom-table-'))
const bitloom = (...args) =>
  JSON.parse(
    execFileSync(process.execPath, [flags.cli, ...args, '--json'], {
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 2 ** 28,
    }),
  )
const model = join(flags.data, 'models', flags.model)
const reference = JSON.parse(readFileSync(join(flags.data, 'reference/reference.json'), 'utf8')).rtn_gptq[flags.model]
const texts = flags.texts.split(',').map((name) => {
  const path = join(folder, name)
  const text = [...readFileSync(join(flags.data, 'texts', name), 'utf8')].slice(0, Number(flags.characters)).join('')
  writeFileSync(path, text)
  return { name, path }
})

const wanted = flags.bits.split(',').map(Number)
let failed = 0
for (const row of reference.rows) {
  if (row.bits !== undefined && !wanted.includes(row.bits)) continue
  let subject = model
  let bits = null
  if (row.method !== 'fp16') {
    subject = join(folder, 'packed.safetensors')
    const options = ['--method', row.method, '--bits', row.bits, '--group-size', row.groupsize ?? -1]
    if (row.method === 'gptq') options.push('--sequence', row.seq, '--calibration', join(flags.data, 'texts/calib.txt'))
    bits = bitloom('quantize', model, ...options.map(String), '--out', subject, '--force').effectiveBits.total
  }
  for (const { name, path } of texts) {
    const { perplexity } = bitloom('eval', subject, '--text', path, '--protocol', 'windows:512')
    const difference = perplexity / row[name] - 1
    const tolerance = row.method === 'fp16' ? 0.001 : tolerances[flags.model]?.[row.method]?.[row.bits]
    const ok = tolerance === undefined ? null : Math.abs(difference) <= tolerance
    if (ok === false) failed++
    const { method, bits: code, groupsize, seq } = row
    console.log(
      JSON.stringify({
        model: flags.model,
        method,
        bits: code,
        groupsize,
        seq,
        effectiveBits: bits,
        text: name,
        reference: row[name],
        ours: perplexity,
        difference,
        tolerance,
        ok,
      }),
    )
  }
}
rmSync(folder, { recursive: true })
console.error(`${failed} outside their tolerance`)
process.exit(failed ? 1 : 0)
