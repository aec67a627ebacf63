#!/usr/bin/env node
/**
 * GGUF files of the same size held against each other by llama.cpp itself: rounded to nearest as llama.cpp rounds, and quantized
 * onto the same types by Bitloom's methods. Writes DIR/gguf-NAME.json and .md:
 *
 *     node bench/gguf.mjs --data DIR --model wren-3m [--types Q4_0,Q4_1,Q4_K,Q2_K] [--methods rtn,gptq,awq,omniquant,tesseraq]
 *         [--budgets 3,4] [--tokens 8192]
 *
 * --rounds, --iterations, --batch and --epochs are of the methods that learn; every row of the JSON keeps the flags it was made with.
 * --data holds models/NAME and texts/. Needs the built command line, llama.cpp comes with the development packages. Called
 * again it measures only what the JSON lacks.
 */
import { spawnSync } from 'node:child_process'
import { createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { createServer } from 'vite'

const { values: flags } = parseArgs({
  options: {
    data: { type: 'string' },
    model: { type: 'string' },
    types: { type: 'string', default: 'Q4_0,Q4_1,Q4_K,Q2_K' },
    methods: { type: 'string', default: 'rtn,gptq' },
    budgets: { type: 'string', default: '' },
    rounds: { type: 'string', default: '10' },
    iterations: { type: 'string', default: '10' },
    batch: { type: 'string', default: '4' },
    epochs: { type: 'string', default: '4' },
    samples: { type: 'string', default: '128' },
    length: { type: 'string', default: '512' },
    text: { type: 'string', default: 'wiki.test.raw' },
    tokens: { type: 'string', default: '8192' },
    out: { type: 'string', default: 'docs/results' },
  },
})
if (!flags.data || !flags.model) {
  console.error('expected --data DIR --model NAME')
  process.exit(2)
}

const root = join(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'bitloom-gguf-'))
const kept = join(flags.out, `gguf-${flags.model}.json`)
const source = join(flags.data, 'models', flags.model)
const { model: name, samples, length, text: file, tokens } = flags
/** Methods by their names in the table, and what they are told beside the type. */
const methods = {
  RTN: ['--method', 'rtn'],
  GPTQ: ['--method', 'gptq'],
  AWQ: ['--method', 'awq'],
  OmniQuant: ['--method', 'omniquant', '--epochs', flags.epochs],
  TesseraQ: [
    ...['--method', 'tesseraq', '--rounds', flags.rounds, '--iterations', flags.iterations],
    ...['--batch', flags.batch],
  ],
}
const asked = Object.keys(methods).filter((how) => flags.methods.split(',').includes(how.toLowerCase()))

/** What rows must have in common. */
const setting = { model: name, samples, length, text: file, tokens }
const results = existsSync(kept) ? JSON.parse(readFileSync(kept, 'utf8')) : { rows: [], setting }
if (JSON.stringify(results.setting) !== JSON.stringify(setting)) {
  console.error(
    `${kept}: expected results of the same flags, got ${JSON.stringify(results.setting)} — use another --out`,
  )
  process.exit(2)
}

const vite = await createServer({
  root,
  configFile: false,
  logLevel: 'error',
  server: { middlewareMode: true, hmr: false, ws: false },
})
const { open, nearestFile, windowsOf } = await vite.ssrLoadModule('/bench/gguf-nearest.ts')
const model = await open(source, flags.model)
const text = readFileSync(join(flags.data, 'texts', flags.text), 'utf8')
const { windows, firstScored } = windowsOf(model, text, 512, Number(flags.tokens))

function run(program, args, input) {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [join(root, program), ...args], {
    ...{ input, encoding: 'utf8', maxBuffer: 2 ** 28 },
  })
  if (status !== 0) throw new Error(`${program} ended with ${signal ?? status}: ${stderr.slice(-1000)}`)
  return JSON.parse(stdout)
}

const bitloom = (...args) => run('dist-cli/bitloom.mjs', [...args, '--json'])

function quantized(path, flagsOfMethod) {
  const packed = join(folder, 'packed.safetensors')
  const calibration = [
    '--calibration',
    join(flags.data, 'texts/calib.txt'),
    '--samples',
    flags.samples,
    '--seq-len',
    flags.length,
  ]
  bitloom('quantize', source, ...flagsOfMethod, ...calibration, '--force', '--out', packed)
  return bitloom('export', packed, '--format', 'gguf', '--out', path)
}

/** Makes a file unless its result is known, has llama.cpp read it, and keeps what came of it. */
async function measure(type, how, make, flagsOfMethod = []) {
  if (results.rows.some((row) => row.type === type && row.how === how)) return
  const path = join(folder, 'model.gguf')
  const started = performance.now()
  const made = await make(path)
  const seconds = (performance.now() - started) / 1000
  const { nll } = run('test/llama-child.mjs', [], JSON.stringify({ path, windows, firstScored }))
  const perplexity = Math.exp(nll.reduce((sum, value) => sum + value, 0) / nll.length)
  const bytes = statSync(path).size
  const learned = flagsOfMethod.slice(2).join(' ')
  results.rows.push({
    ...{ type, how, ...(learned && { flags: learned }), perplexity, bytes },
    ...{ stored: made?.bits?.stored ?? null, scored: nll.length, seconds },
  })
  console.error(`${type}  ${how}  ${perplexity.toFixed(3)}  ${bytes} bytes`)
  rmSync(path)
  writeFileSync(kept, `${JSON.stringify({ ...results, text: flags.text, windows: windows.length }, null, 1)}\n`)
  writeFileSync(kept.replace(/json$/, 'md'), table())
}

function table() {
  const of = (type, how) => results.rows.find((row) => row.type === type && row.how === how)
  const cell = (row) => (row ? row.perplexity.toFixed(2) : '')
  const types = [...new Set(results.rows.map(({ type }) => type))].filter((type) => type !== 'F16')
  const measured = Object.keys(methods).filter((how) => results.rows.some((row) => row.how === how))
  const bits = (type) => measured.map((how) => of(type, how)?.stored?.toFixed(3)).find(Boolean) ?? ''
  const lines = types.map(
    (type) => `| ${type} | ${bits(type)} | ${['nearest', ...measured].map((how) => cell(of(type, how))).join(' | ')} |`,
  )
  const learned = [...new Set(results.rows.filter((row) => row.flags).map((row) => `${row.how} with \`${row.flags}\``))]
  return `# GGUF files of ${flags.model}

Perplexity by llama.cpp itself (\`llama.cpp:512\`, ${windows.length} windows of ${flags.text}). Made by \`node bench/gguf.mjs --data DIR --model ${flags.model} --samples ${samples} --length ${length} --tokens ${tokens} --methods ${measured.join(',').toLowerCase()}\`.
Every linear has the type, or the one that llama.cpp falls back to where its blocks do not divide a row; embedding and head are F16.
"Nearest" is what llama.cpp makes without an importance matrix, "RTN" the search of Bitloom; the others see ${flags.samples} windows of ${flags.length} tokens${learned.map((of) => `, ${of}`).join('')}.
As float16: ${cell(of('F16', 'original'))}.

| Type | Bits a weight | Nearest | ${measured.join(' | ')} |
| --- | --- | --- |${measured.map(() => ' --- |').join('')}
${lines.join('\n')}
`
}

await measure('F16', 'original', (path) => bitloom('export', source, '--format', 'gguf', '--out', path))
for (const type of flags.types.split(',')) {
  await measure(type, 'nearest', async (path) =>
    pipeline(Readable.from(await nearestFile(model, type)), createWriteStream(path)),
  )
  for (const how of asked)
    await measure(type, how, (path) => quantized(path, [...methods[how], '--grid', type]), methods[how])
}
for (const bits of flags.budgets.split(',').filter(Boolean))
  await measure(`${bits} bits`, 'GPTQ', (path) =>
    quantized(path, ['--method', 'gptq', '--grid', 'auto', '--stored-bits', bits]),
  )
await vite.close()
rmSync(folder, { recursive: true })
