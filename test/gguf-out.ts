import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { QuantizedLinear } from '../src/formats/quantized'
import type { WeightSource } from '../src/models/weights'
import { type GgufRequest, ggufFile } from '../src/pipeline/gguf'
import type { OpenedModel } from '../src/pipeline/opened'
import { perplexity } from '../src/pipeline/perplexity'
import { evaluationWindows, parseProtocol } from '../src/pipeline/windows'
import { testGpu } from './device'
import { llama, perplexityOf } from './llama'
import { collect } from './tiny-model'

export const readable = (linears: Iterable<QuantizedLinear>): GgufRequest['linears'] =>
  [...linears].map((linear) => ({ name: linear.name, out: linear.out, in: linear.in, read: async () => linear }))

/** Writes a GGUF file into a folder. */
export async function writeModel(folder: string, name: string, model: OpenedModel, request: GgufRequest) {
  const { chunks, size, summary } = await ggufFile(model, request)
  const bytes = await collect(chunks)
  expect(bytes).toHaveLength(size)
  const path = join(folder, `${name}.gguf`)
  writeFileSync(path, bytes)
  return { path, bytes, summary }
}

/** Of a text in windows of llama.cpp's protocol. */
export interface Measured {
  readonly text: string
  readonly length: number
  readonly maxTokens: number
}

/** llama.cpp's perplexity over ours. */
export async function ratio(path: string, model: OpenedModel, weights: WeightSource, measured: Measured) {
  const { text, length, maxTokens } = measured
  const protocol = parseProtocol(`llama.cpp:${length}`)
  const windows = evaluationWindows(model.tokenizer, text, protocol, maxTokens)
  const ids = Array.from({ length: windows.count }, (_, w) => [...windows.ids.subarray(w * length, (w + 1) * length)])
  const theirs = await llama({ path, windows: ids, firstScored: protocol.firstScored })
  const request = { text: { name: 'text', text }, protocol: protocol.name, maxTokens }
  const ours = await perplexity(await testGpu(), model, weights, request)
  expect(theirs.nll).toHaveLength(ours.tokens)
  return perplexityOf(theirs) / ours.perplexity
}
