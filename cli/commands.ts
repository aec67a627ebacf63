import { readFile } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { measureTiles } from '../bench/tiles'
import { FormatError } from '../src/errors'
import { dequantize } from '../src/formats/affine'
import { writeBitloom } from '../src/formats/bitloom/write'
import { exportFp16 } from '../src/formats/export-fp16'
import { folderSources } from '../src/formats/node-files'
import { type Gpu, openGpu } from '../src/gpu/device'
import { describeMethod } from '../src/methods/options'
import { methods } from '../src/methods/registry'
import { generate } from '../src/models/generation'
import { LlamaModel } from '../src/models/model'
import { freeBlock } from '../src/models/weights'
import { inspect } from '../src/pipeline/inspect'
import { type OpenedModel, openFiles, weightsOf } from '../src/pipeline/opened'
import { perplexity } from '../src/pipeline/perplexity'
import { quantize } from '../src/pipeline/quantize'
import { defaultRecipe, recipeFromJson } from '../src/pipeline/recipe'
import type { Recipe } from '../src/pipeline/records'
import { type Arguments, numberFlag, textFlag } from './args'
import { bench } from './bench'
import { openDawn } from './dawn'
import { progressPrinter, refuseExisting, say, writeFile, writeFolder } from './output'
import { type CommandName, flagName, UsageError } from './usage'

/** What a command has to say: `json` is one object, `text` the same for people. */
export interface Result {
  readonly json: unknown
  readonly text: string
}

export const commands: Record<CommandName, (args: Arguments) => Promise<Result>> = {
  async inspect(args) {
    const model = await open(args)
    return withGpu(async (gpu) => {
      const inspection = inspect(model, gpu.info)
      const { tensors, forecast, problems, spec } = inspection
      const lines = [
        `${inspection.name}  ${inspection.architecture}  ${(inspection.parameters / 1e6).toFixed(1)} M parameters  ${megabytes(inspection.bytes)} in ${tensors.length} tensors`,
        ...Object.entries(spec).map(([key, value]) => `  ${key.padEnd(16)} ${value}`),
        ...(inspection.bits ? [`  ${'bits/weight'.padEnd(16)} ${inspection.bits.total.toFixed(4)}`] : []),
        `GPU memory to quantize: about ${megabytes(forecast.peak)} on ${gpu.info.name}`,
        ...problems.map((problem) => `problem: ${problem}`),
      ]
      return { json: inspection, text: lines.join('\n') }
    })
  },

  async quantize(args) {
    const recipe = await recipeOf(args)
    const out = textFlag(args, 'out')
    if (!args.flags.force) await refuseExisting(out, 'add --force to replace it, or choose another --out')
    const needsText = methods.find(({ id }) => id === recipe.method)?.needsCalibration
    const calibration = needsText ? await readText(textFlag(args, 'calibration')) : null
    const model = await open(args)
    return withGpu(async (gpu) => {
      const { linears, report } = await quantize(gpu, model, { recipe, calibration, onProgress: progressPrinter() })
      const bytes = await writeFile(out, writeBitloom(model.source, linears.values(), report).chunks)
      const { bits, modules, seconds, warnings } = report
      const json = {
        out,
        bytes,
        effectiveBits: bits,
        modules: modules.map(({ columns: _, ...module }) => module),
        seconds,
        peakGpuBytes: report.peakGpuBytes,
        device: report.device,
        recipe: report.recipe,
        warnings,
      }
      const text = `${out}  ${megabytes(bytes)}  ${bits.total.toFixed(4)} bits/weight (code ${bits.code.toFixed(4)}, scale ${bits.scale.toFixed(4)}, index ${bits.index.toFixed(4)})  ${seconds.total.toFixed(1)} s`
      return { json, text }
    })
  },

  async eval(args) {
    const protocol = textFlag(args, 'protocol', 'windows:512')
    const maxTokens = args.flags['max-tokens'] === undefined ? null : numberFlag(args, 'max-tokens', 0, 1)
    const text = await readText(textFlag(args, 'text'))
    const model = await open(args)
    return withGpu(async (gpu) => {
      const report = await perplexity(gpu, model, weightsOf(gpu, model), {
        ...{ text, protocol, maxTokens, onProgress: progressPrinter() },
      })
      return {
        json: { ...report, model: model.name, device: gpu.info.name },
        text: `perplexity ${report.perplexity.toFixed(4)}  ${report.protocol}  ${report.text}  ${report.tokens} tokens in ${report.windows} windows  ${report.seconds.toFixed(1)} s`,
      }
    })
  },

  async generate(args) {
    const prompt = textFlag(args, 'prompt')
    const maxNewTokens = numberFlag(args, 'max-new-tokens', 64, 1)
    const model = await open(args)
    return withGpu(async (gpu) => {
      const { tokenizer, spec } = model
      const ids = tokenizer.encode(prompt, { bos: tokenizer.addsBos })
      if (ids.length === 0) throw new UsageError('generate: expected a prompt with at least one token, got none')
      const llama = await LlamaModel.load(gpu, spec, weightsOf(gpu, model), { positions: ids.length + maxNewTokens })
      const blocks = await llama.loadBlocks()
      const started = performance.now()
      const newIds: number[] = []
      let text = ''
      if (!args.flags.json) process.stdout.write(prompt)
      for await (const piece of generate(gpu, llama, blocks, tokenizer, ids, { maxNewTokens })) {
        if (piece.id !== null) newIds.push(piece.id)
        text += piece.text
        if (!args.flags.json) process.stdout.write(piece.text)
      }
      const seconds = (performance.now() - started) / 1000
      for (const block of blocks) freeBlock(gpu, block)
      llama.free()
      return { json: { prompt, text, ids: [...ids, ...newIds], tokens: newIds.length, seconds }, text: '' }
    })
  },

  async export(args) {
    const format = textFlag(args, 'format', 'fp16')
    if (format !== 'fp16') throw new UsageError(`export: --format: expected fp16, got '${format}'`)
    const out = textFlag(args, 'out')
    await refuseExisting(out, 'choose a new folder')
    const model = await open(args)
    const { packed } = model
    if (!packed)
      throw new FormatError(
        `${model.name}: expected a packed file, got a checkpoint of float weights — quantize it first`,
      )
    const linears = new Map(
      [...packed.headers].map(([name, header]) => [
        name,
        { out: header.out, in: header.in, weights: async () => dequantize(await packed.linear(name)) },
      ]),
    )
    const bytes = await writeFolder(out, exportFp16(model.source, linears))
    return { json: { out, bytes, format }, text: `${out}  ${megabytes(bytes)}` }
  },

  async bench(args) {
    const sizes = textFlag(args, 'sizes', '512,1024,2048,4096').split(',').map(Number)
    if (!sizes.every((n) => Number.isInteger(n) && n > 0))
      throw new UsageError(`bench: --sizes: expected whole numbers with commas, got '${args.flags.sizes}'`)
    const runs = numberFlag(args, 'runs', 5, 1)
    return withGpu(async (gpu) => {
      say(gpu.info.name)
      if (args.flags.tiles) {
        const rows = []
        for (const n of sizes)
          for await (const row of measureTiles(gpu, n, runs)) {
            rows.push(row)
            say(
              `${row.kernel.padEnd(28)} ${n}  ${row.ms.toFixed(2)} ms  ${row.passes} passes  ${row.gflops.toFixed(0)} GFLOP/s`,
            )
          }
        return { json: { device: gpu.info.name, rows }, text: '' }
      }
      const json = await bench(
        gpu,
        sizes,
        runs,
        args.flags.json ? say : (line) => void process.stdout.write(`${line}\n`),
      )
      return { json, text: '' }
    })
  },
}

async function open({ positionals }: Arguments): Promise<OpenedModel> {
  const path = positionals[0]!
  return openFiles(await folderSources(path), basename(resolve(path)).replace(/\.safetensors$/, ''))
}

async function withGpu<T>(work: (gpu: Gpu) => Promise<T>): Promise<T> {
  const dawn = await openDawn()
  const gpu = await openGpu(dawn.adapter)
  try {
    return await work(gpu)
  } finally {
    gpu.destroy()
    dawn.close()
  }
}

/** The recipe that the flags describe, on top of a saved one. */
async function recipeOf(args: Arguments): Promise<Recipe> {
  const base = args.flags.recipe === undefined ? null : recipeFromJson(await readText(textFlag(args, 'recipe')))
  const method = textFlag(args, 'method', base?.method ?? 'gptq')
  const description = methods.map(describeMethod).find(({ id }) => id === method)
  if (!description)
    throw new UsageError(`quantize: --method: expected ${methods.map(({ id }) => id).join(' or ')}, got '${method}'`)
  const options: Record<string, unknown> = { ...(base?.method === method ? base.options : {}) }
  const known = new Set(description.options.map(({ key }) => flagName(key)))
  const foreign = methods
    .flatMap((other) => describeMethod(other).options.map(({ key }) => flagName(key)))
    .find((flag) => !known.has(flag) && args.flags[flag] !== undefined)
  if (foreign) throw new UsageError(`quantize: --${foreign} does not belong to ${method}`)
  for (const { key, type } of description.options) {
    const value = args.flags[flagName(key)]
    if (value === undefined) continue
    // the method's schema judges: a number where the text is one
    options[key] = type === 'boolean' || Number.isNaN(Number(value)) ? value : Number(value)
  }
  const start = base ?? defaultRecipe(method)
  const calibration = {
    text: typeof args.flags.calibration === 'string' ? basename(args.flags.calibration) : start.calibration.text,
    samples: numberFlag(args, 'samples', start.calibration.samples, 1),
    length: numberFlag(args, 'seq-len', start.calibration.length, 2),
    pick: textFlag(args, 'pick', start.calibration.pick),
  }
  return recipeFromJson({
    name: 'command line',
    text: JSON.stringify({ version: 1, method, options, calibration, seed: numberFlag(args, 'seed', start.seed, 0) }),
  })
}

async function readText(path: string): Promise<{ name: string; text: string }> {
  try {
    return { name: basename(path), text: await readFile(path, 'utf8') }
  } catch (error) {
    throw new FormatError(`${path}: expected a text file, got ${(error as Error).message} — check the path`)
  }
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`
