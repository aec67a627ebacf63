#!/usr/bin/env node
/**
 * The table of docs/scaling.md: blocks of true shapes quantized for real, whole models by the forecast. The weights are
 * made on the spot (synthetic-checkpoint.mjs); there is no network, and beside Node only dist-cli/bitloom.mjs is needed,
 * with BITLOOM_DAWN where the webgpu package is not there:
 *
 *     node bench/scaling.mjs --out scaling.json
 *
 * `--shapes` and `--blocks` choose what runs, `--samples` and `--length` the calibration, `--gpu-memory` and the like go to
 * `bitloom quantize`. Standard output gets the table, `--out` all numbers.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { calibrationText, SHAPES, writeCheckpoint } from './synthetic-checkpoint.mjs'

const { values } = parseArgs({
  options: {
    shapes: { type: 'string', default: 'llama-3.2-1b:2,llama-3-8b:2,mixtral-8x7b:1' },
    methods: { type: 'string', default: 'rtn,gptq' },
    samples: { type: 'string', default: '128' },
    length: { type: 'string', default: '2048' },
    'gpu-memory': { type: 'string' },
    'host-memory': { type: 'string' },
    cli: { type: 'string', default: join(import.meta.dirname, '../dist-cli/bitloom.mjs') },
    folder: { type: 'string', default: tmpdir() },
    out: { type: 'string' },
  },
})
const [samples, length] = [Number(values.samples), Number(values.length)]
const room = ['gpu-memory', 'host-memory'].flatMap((flag) => (values[flag] ? [`--${flag}`, values[flag]] : []))
const work = mkdtempSync(join(values.folder, 'bitloom-scaling-'))

const rows = []
try {
  const text = join(work, 'text.txt')
  writeFileSync(text, calibrationText(samples * length))
  for (const asked of values.shapes.split(',')) {
    const [shape, blocks = '1'] = asked.split(':')
    if (!(shape in SHAPES)) fail(`expected shapes out of ${Object.keys(SHAPES).join(', ')}, got '${shape}'`)
    const [part, whole] = [join(work, shape), join(work, `${shape}-whole`)]
    console.error(`${shape}: writing ${blocks} of ${SHAPES[shape].num_hidden_layers} blocks`)
    writeCheckpoint(shape, part, { layers: Number(blocks) })
    writeCheckpoint(shape, whole, { sparse: true })
    for (const method of values.methods.split(',')) {
      rows.push(measure(shape, Number(blocks), method, { part, whole, text }))
      if (values.out) writeFileSync(values.out, `${JSON.stringify({ samples, length, rows }, null, 2)}\n`)
      console.error(table(rows).split('\n').at(-1))
    }
    for (const folder of [part, whole]) rmSync(folder, { recursive: true })
  }
} finally {
  rmSync(work, { recursive: true, force: true })
}
console.log(table(rows))

/** One run, and the forecast of the whole model by the same recipe. */
function measure(shape, blocks, method, { part, whole, text }) {
  const recipe = ['--method', method, '--samples', `${samples}`, '--seq-len', `${length}`, ...room]
  const packed = join(work, 'packed.safetensors')
  const calibration = method === 'rtn' ? [] : ['--calibration', text]
  const run = bitloom('quantize', part, '--out', packed, '--force', ...recipe, ...calibration)
  rmSync(packed)
  const { forecast } = bitloom('inspect', whole, ...recipe)
  const { total, tokenize = 0, embed = 0 } = run.seconds
  const block = (total - tokenize - embed) / blocks
  const layers = SHAPES[shape].num_hidden_layers
  return {
    ...{ shape, method, blocks, layers, device: run.device },
    gpu: { taken: run.peakGpuBytes, forecast: run.forecast.peak },
    // of a software adapter the host's memory is the GPU's
    host: { taken: run.peakHostBytes - (run.device.software ? run.peakGpuBytes : 0), forecast: run.forecast.host },
    states: run.forecast.states,
    seconds: { ...run.seconds, block, whole: tokenize + embed + layers * block },
    whole: forecast,
  }
}

function bitloom(...args) {
  const { status, stdout, error } = spawnSync(process.execPath, [values.cli, ...args, '--json'], {
    ...{ encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 2 ** 28 },
  })
  if (error || status !== 0) fail(`bitloom ${args.join(' ')}: ${error ?? `exit ${status}`}`)
  return JSON.parse(stdout)
}

function fail(message) {
  rmSync(work, { recursive: true, force: true })
  console.error(`scaling: ${message}`)
  process.exit(1)
}

/** Markdown. */
function table(all) {
  const size = (bytes) => (bytes >= 1e9 ? `${(bytes / 1e9).toFixed(2)} GB` : `${(bytes / 1e6).toFixed(0)} MB`)
  const against = ({ taken, forecast }) => `${size(taken)} (${((100 * forecast) / taken).toFixed(0)} %)`
  const time = (seconds) =>
    seconds < 100
      ? `${seconds.toPrecision(3)} s`
      : seconds < 6000
        ? `${(seconds / 60).toFixed(1)} min`
        : `${(seconds / 3600).toFixed(1)} h`
  const heads = [
    'model',
    'method',
    'blocks',
    'GPU peak',
    'host peak',
    'states',
    'a block',
    'whole model',
    'whole: GPU',
    'host',
    'disk',
  ]
  const line = (cells) => `| ${cells.join(' | ')} |`
  return [
    `${all[0].device.name}; ${samples} × ${length} tokens; in brackets the forecast as a part of what was taken`,
    '',
    line(heads),
    line(heads.map((_, i) => (i < 2 ? '---' : '---:'))),
    ...all.map(({ shape, method, blocks, layers, gpu, host, states, seconds, whole }) =>
      line([
        ...[shape, method, `${blocks} of ${layers}`, against(gpu), against(host), states],
        ...[time(seconds.block), time(seconds.whole), size(whole.peak), size(whole.host), size(whole.disk)],
      ]),
    ),
  ].join('\n')
}
