import { FormatError, NumericalError } from '../errors'
import type { Gpu } from '../gpu/device'
import type { Tensor } from '../gpu/tensor'
import { argmax, NO_COLUMN } from '../kernels/argmax'
import { divergence as divergenceKernel } from '../kernels/divergence'
import { nll } from '../kernels/nll'
import { LlamaModel, logitsRows } from '../models/model'
import type { WeightSource } from '../models/weights'
import type { DivergenceReport } from '../records'
import { batchesOf, batchWindows, checkCancelled } from './batching'
import { type Divergences, divergenceReport } from './divergence-report'
import type { OpenedModel } from './opened'
import type { PerplexityRequest } from './perplexity'
import { hiddenStates, roundsOf, type ScoredBatch, scoredWindows, storesCodes } from './scoring'
import { evaluationWindows, type Protocol, parseProtocol, type Windows } from './windows'

/** A model and where its weights come from. Sides of one model share what surrounds its blocks. */
export interface Side {
  readonly model: OpenedModel
  readonly weights: WeightSource
}

export interface Sides {
  readonly original: Side
  readonly quantized: Side
}

/**
 * How far a model's predictions are from the original's, on the tokens that a protocol scores. Each model's blocks are
 * loaded one after another; of the hidden states of a round those of both are kept, of the logits a bounded piece of each.
 * FormatError where the two do not read a text as the same tokens, NumericalError where predictions are not finite.
 */
export function divergence(gpu: Gpu, sides: Sides, request: PerplexityRequest): Promise<DivergenceReport> {
  return gpu.scope(() => compare(gpu, sides, request))
}

async function compare(gpu: Gpu, sides: Sides, request: PerplexityRequest): Promise<DivergenceReport> {
  const started = performance.now()
  const { text, protocol: name, maxTokens, stored = false, onProgress } = request
  const protocol = parseProtocol(name)
  onProgress?.({ type: 'phase', phase: 'tokenize', done: 0, total: 1, label: text.name })
  const windows = commonWindows(sides, text.text, protocol, maxTokens)
  const { spec } = sides.original.model
  const step = Math.min(
    ...[sides.original, sides.quantized].map(({ model }) => batchWindows(gpu.info, model.spec, protocol.length)),
  )
  const batches = batchesOf(gpu.info, spec, windows, step).map((batch) => scoredWindows(batch, protocol.firstScored))
  const positions = protocol.length
  const original = await LlamaModel.load(gpu, spec, sides.original.weights, { positions })
  const { model: other, weights } = sides.quantized
  const shared = other === sides.original.model
  const quantized = shared
    ? original.withBlocks(weights)
    : await LlamaModel.load(gpu, other.spec, weights, { positions })
  const total = batches.length * (spec.layers + other.spec.layers + 1)
  const label = `${windows.count} windows of ${windows.length} tokens`
  let done = 0
  const pass = () => {
    onProgress?.({ type: 'phase', phase: 'evaluate', done: done++, total, label })
    checkCancelled(request.signal)
  }
  const parts: Divergences[] = []
  const bytesPerToken = 4 * (spec.hidden + other.spec.hidden)
  for (const round of roundsOf(batches, bytesPerToken, request.roundBytes)) {
    const before = await hiddenStates(gpu, original, round, false, pass)
    const after = await hiddenStates(gpu, quantized, round, stored, pass)
    for (const [b, batch] of round.entries()) {
      pass()
      parts.push(await compareHeads(gpu, [original, before[b]!], [quantized, after[b]!], batch))
      gpu.free(before[b], after[b])
    }
  }
  original.free()
  if (!shared) quantized.free()
  return {
    ...divergenceReport(parts, windows.count, protocol.firstScored),
    ...{ protocol: name, text: text.name, windows: windows.count },
    stored: storesCodes(weights, stored),
    seconds: (performance.now() - started) / 1000,
  }
}

/** The windows as both models read them. */
function commonWindows({ original, quantized }: Sides, text: string, protocol: Protocol, most: number | null): Windows {
  const [a, b] = [original.model, quantized.model]
  if (a.spec.vocab !== b.spec.vocab)
    throw new FormatError(
      `${a.name}: expected the vocabulary of ${b.name}, ${b.spec.vocab} tokens, got ${a.spec.vocab} — choose the model that was quantized`,
    )
  const windows = evaluationWindows(a.tokenizer, text, protocol, most)
  if (a === b) return windows
  const { ids } = evaluationWindows(b.tokenizer, text, protocol, most)
  if (ids.length !== windows.ids.length || ids.some((id, at) => id !== windows.ids[at]))
    throw new FormatError(
      `${a.name}: expected the tokenizer of ${b.name}, got one that reads the text as other tokens — choose the model that was quantized`,
    )
  return windows
}

type Half = readonly [model: LlamaModel, hidden: Tensor]

/** Both heads on the rows of a batch that are scored. */
async function compareHeads(gpu: Gpu, a: Half, b: Half, { rows, targets }: ScoredBatch): Promise<Divergences> {
  const { vocab } = a[0].spec
  const count = rows.length
  const targetTensor = gpu.upload(targets.slice(), [count])
  const kl = gpu.alloc([count], 'f32', 'divergence')
  const losses = [a, b].map(() => gpu.alloc([count], 'f32', 'nll'))
  const best = [a, b].map(() => gpu.alloc([count], 'u32', 'likeliest'))
  // of both models no more logits together than of one where it is alone
  const step = Math.max(1, Math.floor(logitsRows(gpu.info, a[0].spec, count) / 2))
  for (let row = 0; row < count; row += step) {
    const some = rows.slice(row, row + step)
    const shape = { rows: some.length, vocab, row }
    const rec = gpu.record()
    const logits = [a, b].map(([model, hidden]) => {
      const gathered = model.gather(rec, hidden, some)
      const made = model.logits(rec, gathered, { first: 0, count: some.length })
      gpu.free(gathered)
      return made
    })
    const [p, q] = logits as [Tensor, Tensor]
    rec.run(divergenceKernel(rec.traits.software), { a: p, b: q, y: kl }, shape)
    for (const [i, x] of logits.entries()) {
      rec.run(nll(rec.traits.software), { logits: x, targets: targetTensor, y: losses[i]! }, shape)
      rec.run(argmax, { x, y: best[i]! }, { rows: some.length, columns: vocab, row })
    }
    gpu.free(...logits)
    await gpu.submit(rec)
  }
  const [original, quantized] = await Promise.all(losses.map((tensor) => gpu.readF32(tensor)))
  const [first, second] = await Promise.all(best.map((tensor) => gpu.readU32(tensor)))
  const result = { kl: await gpu.readF32(kl), original: original!, quantized: quantized! }
  gpu.free(targetTensor, kl, ...losses, ...best)
  if (first!.includes(NO_COLUMN) || second!.includes(NO_COLUMN) || !result.kl.every(Number.isFinite))
    throw new NumericalError(
      'divergence: expected finite predictions, got others — the weights overflow float32 on this text; use more bits or another text',
    )
  return { ...result, agree: Uint8Array.from(first!, (id, at) => Number(id === second![at])) }
}
