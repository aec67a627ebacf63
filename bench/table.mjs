#!/usr/bin/env node
/**
 * The table of docs/performance.md from what `bitloom bench --json` and bench/torch_bench.py printed on one machine, and the
 * rates that its data sheet gives, for the floor:
 *
 *     node bench/table.mjs bitloom.json torch.json 67 4.8
 */
import { readFileSync } from 'node:fs'

const [ours, torch] = process.argv.slice(2, 4).map((path) => JSON.parse(readFileSync(path, 'utf8')))
const [tflops, terabytes] = process.argv.slice(4).map(Number)
const reference = new Map(torch.rows.map(({ work, n, ms }) => [`${work} ${n}`, ms]))
const digits = (value) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3))
const sizes = [...new Set(ours.rows.map(({ n }) => n))].sort((a, b) => a - b)
const works = [...new Set(ours.rows.map(({ work }) => work))]

/** What arithmetic and memory take at the least, in milliseconds. */
const floor = ({ ms, gflops, gbPerSecond }) => Math.max((gflops * ms) / tflops, (gbPerSecond * ms) / terabytes) / 1e3

const cell = ({ work, n, ms }) => {
  const theirs = reference.get(`${work} ${n}`)
  return theirs === undefined ? digits(ms) : `${digits(ms)} (${((100 * theirs) / ms).toFixed(0)} %)`
}

console.log(`${torch.device}, PyTorch ${torch.torch} float32 without TF32; medians of ${ours.rows[0].runs} runs\n`)
console.log(`| work | ${sizes.map((n) => `n = ${n}`).join(' | ')} | on the GPU | floor | PyTorch |`)
console.log(`|---|${sizes.map(() => '---:|').join('')}---:|---:|---:|`)
for (const work of works) {
  const rows = sizes.map((n) => ours.rows.find((row) => row.work === work && row.n === n))
  const largest = rows.filter(Boolean).at(-1)
  const theirs = reference.get(`${work} ${largest.n}`)
  const last = [
    largest.gpuMs === null ? '' : digits(largest.gpuMs),
    digits(floor(largest)),
    theirs ? digits(theirs) : '',
  ]
  console.log(`| ${work} | ${rows.map((row) => (row ? cell(row) : '')).join(' | ')} | ${last.join(' | ')} |`)
}
