#!/usr/bin/env node
/**
 * The table of docs/performance.md from what `bitloom bench --json` and bench/torch_bench.py printed on one machine:
 *
 *     node bench/table.mjs bitloom.json torch.json
 */
import { readFileSync } from 'node:fs'

const [ours, torch] = process.argv.slice(2).map((path) => JSON.parse(readFileSync(path, 'utf8')))
const reference = new Map(torch.rows.map(({ work, n, ms }) => [`${work} ${n}`, ms]))
const digits = (value) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3))

console.log(`${torch.device}, PyTorch ${torch.torch} float32 without TF32; medians of ${ours.rows[0].runs} runs\n`)
console.log('| work | n | Bitloom ms | GFLOP/s | GB/s | PyTorch ms | speed against PyTorch |')
console.log('|---|---:|---:|---:|---:|---:|---:|')
for (const { work, n, ms, gflops, gbPerSecond } of ours.rows) {
  const theirs = reference.get(`${work} ${n}`)
  const ratio = theirs === undefined ? '' : `${((100 * theirs) / ms).toFixed(0)} %`
  console.log(
    `| ${work} | ${n} | ${digits(ms)} | ${digits(gflops)} | ${digits(gbPerSecond)} | ${theirs ? digits(theirs) : ''} | ${ratio} |`,
  )
}
