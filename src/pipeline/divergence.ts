import { counted } from '../counted'
import { FormatError } from '../errors'
import type { Gpu } from '../gpu/device'
import type { DivergenceReport } from '../measurement-records'
import { CausalModel } from '../models/causal-model'
import type { WeightSource } from '../models/weights'
import { batchesOf, batchWindows, checkCancelled } from './batching'
import { compareHeads } from './divergence-heads'
import { type Divergences, divergenceReport } from './divergence-report'
import { inSmallerBatches } from './less-memory'
import type { OpenedModel } from './opened'
import type { PerplexityRequest } from './perplexity'
import { hiddenStates, ROUND_BYTES, roundsOf, scoredWindows, storesCodes } from './scoring'
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
  const { model: other, weights } = sides.quantized
  const step = () => Math.min(...[spec, other.spec].map((either) => batchWindows(gpu.info, either, protocol.length)))
  const held = { tokenBytes: 4 * (spec.hidden + other.spec.hidden), roundBytes: request.roundBytes ?? ROUND_BYTES }
  const label = `${counted(windows.count, 'window')} of ${counted(windows.length, 'token')}`
  const parts = await inSmallerBatches(
    gpu,
    { ...windows, ...held, together: step(), onProgress },
    async (roundBytes) => {
      const batches = batchesOf(gpu.info, spec, windows, step()).map((batch) =>
        scoredWindows(batch, protocol.firstScored),
      )
      const positions = protocol.length
      const original = await CausalModel.load(gpu, spec, sides.original.weights, { positions })
      const shared = other === sides.original.model
      const quantized = shared
        ? original.withBlocks(weights)
        : await CausalModel.load(gpu, other.spec, weights, { positions })
      const total = batches.length * (spec.layers + other.spec.layers + 1)
      let done = 0
      const pass = () => {
        onProgress?.({ type: 'phase', phase: 'evaluate', done: done++, total, label })
        checkCancelled(request.signal)
      }
      const found: Divergences[] = []
      for (const round of roundsOf(batches, held.tokenBytes, roundBytes)) {
        const before = await hiddenStates(gpu, original, round, false, pass)
        const after = await hiddenStates(gpu, quantized, round, stored, pass)
        for (const [b, batch] of round.entries()) {
          pass()
          const halves = [{ model: quantized, hidden: after[b]! }]
          found.push(...(await compareHeads(gpu, { model: original, hidden: before[b]! }, halves, batch)))
          gpu.free(before[b], after[b])
        }
      }
      original.free()
      if (!shared) quantized.free()
      return found
    },
  )
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
