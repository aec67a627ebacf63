import { measureRates } from '../../bench/allocation-cost'
import { allocationTable } from '../../bench/allocation-table'
import { LLAMA_1B, measureReconstruction } from '../../bench/reconstruction'
import { measureSage } from '../../bench/sage'
import { measure, works } from '../../bench/suite'
import { measureTiles } from '../../bench/tiles'
import { checkCancelled } from '../../src/pipeline/batching'
import { visible } from '../../src/visible'
import { command, UsageError } from '../command'
import { withGpu } from '../input'
import { say } from '../progress'

const DEFAULT_SIZES = '512,1024,2048,4096'

export const bench = command({
  name: 'bench',
  positionals: [],
  summary: 'Times the kernels on this device.',
  flags: {
    sizes: { type: 'text', value: 'N,N,…', default: DEFAULT_SIZES, help: 'Sizes of the square matrices.' },
    works: {
      type: 'text',
      value: 'TEXT',
      default: '',
      help: 'Only works whose name contains TEXT, "codes" for example.',
    },
    allocation: {
      type: 'switch',
      help: 'Compare the cost of MG-PTQ with that of GPTQ instead, and add a block of the two largest sizes.',
    },
    reconstruction: {
      type: 'switch',
      help: 'Time steps of block reconstruction instead, on a block of the hidden and feed-forward size that --sizes names.',
    },
    length: {
      ...{ type: 'number', value: 'L', min: 1, max: 65536, whole: true, default: LLAMA_1B.length },
      help: 'Tokens a window of --reconstruction.',
    },
    batch: {
      ...{ type: 'number', value: 'B', min: 1, max: 1024, whole: true, default: LLAMA_1B.batch },
      help: 'Windows a step of --reconstruction.',
    },
    tiles: { type: 'switch', help: 'Compare tiles of the matmul instead.' },
    sage: { type: 'switch', help: 'Time SAGE-PTQ of one linear instead, whose columns grow.' },
    tokens: {
      ...{ type: 'number', value: 'T', min: 1, max: 65536, whole: true, default: 4096 },
      help: 'Calibration tokens behind the Hessians of --allocation.',
    },
    runs: {
      ...{ type: 'number', value: 'R', min: 1, max: 1000, whole: true, default: 5 },
      help: 'Runs that a median (of tiles: the best) is taken of.',
    },
  },
  async run({ values, signal }) {
    const sizes = values.sizes.split(',').map(Number)
    if (!sizes.every((n) => Number.isInteger(n) && n >= 1 && n <= 65536))
      throw new UsageError(`bench: --sizes: expected whole numbers from 1 to 65536 with commas, got '${values.sizes}'`)
    if (!works.some(({ name }) => name.includes(values.works)))
      throw new UsageError(`bench: --works: expected part of a work's name, got '${values.works}' — 'matmul' is one`)
    // the table is the result: it goes where results go, line by line
    const show = values.json ? say : (line: string) => void process.stdout.write(`${visible(line)}\n`)
    return withGpu(signal, async (gpu) => {
      say(gpu.info.name)
      const rows: object[] = []
      if (values.allocation) {
        // a processor needs a minute for a single long window
        const run = gpu.info.software ? { windows: 2, length: 64 } : { windows: 16, length: 2048 }
        const { runs, tokens } = values
        for await (const { row, line } of allocationTable(gpu, sizes, { runs, tokens, ...run, asked: 128 })) {
          checkCancelled(signal)
          rows.push(row)
          show(line)
        }
      } else if (values.reconstruction) {
        const [hidden = LLAMA_1B.hidden, ffn = 4 * hidden] = values.sizes === DEFAULT_SIZES ? [] : sizes
        // heads of 64, four queries to a pair of keys and values
        const heads = { heads: Math.max(1, hidden >> 6), kvHeads: Math.max(1, hidden >> 8) }
        const { length, batch } = values
        const shape = { hidden, ffn, ...heads, length, batch }
        const row = await measureReconstruction(gpu, shape, { runs: values.runs, rates: await measureRates(gpu) })
        rows.push(row)
        const { ms, stepsPerSecond, peakBytes, forecastBytes, gpu: work } = row
        const gib = (bytes: number) => (bytes / 2 ** 30).toFixed(2)
        const inside = work
          ? `, GPU ${work.ms.toFixed(1)} ms of ${work.dispatches} dispatches, floor ${work.floorMs.toFixed(1)} ms`
          : ''
        show(
          `block ${hidden}/${ffn}, ${row.batch} × ${row.length} tokens: ${ms.toFixed(1)} ms a step, ${stepsPerSecond.toFixed(2)} steps/s, ${gib(peakBytes)} GiB (forecast ${gib(forecastBytes)})${inside}`,
        )
        for (const [label, time] of Object.entries(work?.longest ?? {}))
          show(`  ${time.toFixed(1).padStart(9)} ms  ${label}`)
      } else if (values.tiles)
        for (const n of sizes)
          for await (const row of measureTiles(gpu, n, values.runs)) {
            checkCancelled(signal)
            rows.push(row)
            const { kernel, ms, passes, gflops } = row
            show(`${kernel.padEnd(28)} ${n}  ${ms.toFixed(2)} ms  ${passes} passes  ${gflops.toFixed(0)} GFLOP/s`)
          }
      else if (values.sage)
        for await (const row of measureSage(gpu, sizes, values.runs)) {
          checkCancelled(signal)
          rows.push(row)
          const { recipe, out, columns, ms, nsPerWeight, peakBytes, groups } = row
          const [time, each] = [ms.toFixed(1).padStart(9), nsPerWeight.toFixed(1).padStart(7)]
          const held = `${(peakBytes / 2 ** 20).toFixed(1)} MiB beside the weights`
          show(
            `${recipe.padEnd(24)} ${out} × ${columns}  ${time} ms  ${each} ns a weight  ${held}, ${groups} amplitudes`,
          )
        }
      else
        for await (const row of measure(gpu, sizes, values.runs, values.works)) {
          checkCancelled(signal)
          rows.push(row)
          const { work, n, ms, gpuMs, gflops, gbPerSecond } = row
          const [time, speed] = [ms.toFixed(2).padStart(9), gflops.toFixed(1).padStart(9)]
          const kernels = gpuMs === null ? '' : `  (GPU ${gpuMs.toFixed(3)} ms)`
          show(
            `${work.padEnd(56)} ${String(n).padStart(5)}  ${time} ms  ${speed} GFLOP/s  ${gbPerSecond.toFixed(1).padStart(7)} GB/s${kernels}`,
          )
        }
      return { json: { device: gpu.info.name, rows }, text: '' }
    })
  },
})
