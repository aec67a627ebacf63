#!/usr/bin/env node
/**
 * What MG-PTQ costs beside GPTQ, as Markdown, from what `bitloom bench --allocation --json` printed:
 *
 *     node bench/cost-table.mjs docs/results/allocation-cost.json > docs/results/allocation-cost.md
 */
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'

const [path] = process.argv.slice(2)
const { device, rows } = JSON.parse(readFileSync(path, 'utf8'))
const part = (name) => rows.filter((row) => row.part === name)
const [rates] = part('rates')
const linears = part('linear')
const blocks = part('block')
const [{ hidden, ffn, runs }] = blocks

const digits = (value) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3))
const times = (ratio) => `${ratio.toFixed(2)}×`
const gib = (bytes) => (bytes / 2 ** 30).toFixed(2)
const seconds = (value) => (value === 0 ? '' : value.toFixed(2))
const line = (cells) => `| ${cells.join(' | ')} |`
/** The first `names` columns hold words, all others numbers. */
const table = (names, head, lines) =>
  [head, head.map((_, at) => (at < names ? '---' : '---:')), ...lines].map(line).join('\n')

const gpuHead = ['GPU ms', 'floor ms', 'dispatches', 'GFLOP']
const gpuCells = (gpu) =>
  gpu ? [digits(gpu.ms), digits(gpu.floorMs), gpu.dispatches, digits(gpu.gflop)] : gpuHead.map(() => '')
const parts = Object.keys(blocks[0].seconds)

console.log(
  [
    '# What an allocation costs',
    `\`bitloom bench --allocation --json\` on ${device}, best rates measured ${(rates.gflops / 1000).toFixed(0)} TFLOP/s and ${rates.gbPerSecond.toFixed(0)} GB/s; medians of ${runs} runs. Raw: [${basename(path)}](${basename(path)}).`,
    'GPU ms, dispatches and GFLOP are of one run under timestamps; the floor is about what its kernels would take at those rates. Where GPU ms are far below ms, the host is what is waited for.',
    '## One linear: plan, widths and codes from its weights and Hessian',
    table(
      2,
      ['rows × columns', 'recipe', 'ms', 'against GPTQ', 'steps', 'peak GiB', ...gpuHead],
      linears.map(({ out, columns, recipe, ms, ratio, steps, peakBytes, gpu }) => [
        ...[`${out} × ${columns}`, recipe, digits(ms), times(ratio), steps, gib(peakBytes)],
        ...gpuCells(gpu),
      ]),
    ),
    `## One block, hidden ${hidden}, feed-forward ${ffn}: seconds`,
    table(
      1,
      ['recipe', ...parts, 'total', 'against GPTQ', 'codes against GPTQ', 'steps', 'peak GiB'],
      blocks.map(({ recipe, seconds: by, total, ratio, codesRatio, steps, peakBytes }) => [
        ...[recipe, ...parts.map((name) => seconds(by[name])), total.toFixed(2), times(ratio), times(codesRatio)],
        ...[steps, gib(peakBytes)],
      ]),
    ),
    'The GPU during one run of that block, of the windows that were run, not scaled:',
    table(
      1,
      ['recipe', ...gpuHead],
      blocks.map(({ recipe, gpu }) => [recipe, ...gpuCells(gpu)]),
    ),
  ].join('\n\n'),
)
