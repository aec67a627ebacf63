import { counted } from '../counted'
import type { Width } from '../formats/quantized'
import type { Gpu } from '../gpu/device'
import type { Tensor } from '../gpu/tensor'
import type { ScanUnit, SensitivityReport } from '../measurement-records'
import { roundToNearest } from '../methods/rtn/nearest'
import { CausalModel } from '../models/causal-model'
import { linearName } from '../models/required-tensors'
import type { BlockWeights } from '../models/weights'
import { batchesOf, batchWindows, checkCancelled } from './batching'
import { compareHeads, type Half } from './divergence-heads'
import { inSmallerBatches } from './less-memory'
import { dequantizeOnGpu, type OpenedModel, weightsOf } from './opened'
import { joined, type PerplexityRequest, scored } from './perplexity'
import { type Probe, planScan, probesOf } from './scan-units'
import { roundsOf, type ScoredBatch, scoredWindows } from './scoring'
import { mean, meanInterval, meansOfRuns, sum } from './statistics'
import { evaluationWindows, parseProtocol } from './windows'

export interface ScanRequest extends Omit<PerplexityRequest, 'stored'> {
  readonly by: ScanUnit
  readonly widths: readonly Width[]
  /** Columns that share a range; −1 for a row. */
  readonly groupSize: number
  readonly symmetric: boolean
}

/** Hidden states held at once unless said otherwise: those of all probes of a group. */
const ROUND_BYTES = 512 * 2 ** 20

/**
 * What a model loses when one unit of it alone is rounded to nearest, for every unit and width: KL divergence from the
 * original, perplexity. Blocks are loaded one after another and only what a rounding changes is run again. Rounded weights
 * are those of stored codes, as RTN makes them.
 */
export function scan(gpu: Gpu, model: OpenedModel, request: ScanRequest): Promise<SensitivityReport> {
  return gpu.scope(() => run(gpu, model, request))
}

async function run(gpu: Gpu, model: OpenedModel, request: ScanRequest): Promise<SensitivityReport> {
  const started = performance.now()
  const { text, protocol: name, maxTokens, by, widths, groupSize, symmetric, signal, onProgress } = request
  const { spec } = model
  const protocol = parseProtocol(name)
  onProgress?.({ type: 'phase', phase: 'tokenize', done: 0, total: 1, label: text.name })
  const windows = evaluationWindows(model.tokenizer, text.text, protocol, maxTokens)
  const { count, length } = windows
  const probes = probesOf(spec, by, widths)
  const together = batchWindows(gpu.info, spec, length)
  // a probe needs the original's states beside its own
  const held = { tokenBytes: 2 * 4 * spec.hidden, roundBytes: request.roundBytes ?? ROUND_BYTES }
  const usual = { count: count * (probes.length + 1), length, together, ...held, onProgress }
  const rounding = { groupSize, symmetric }
  const { found, original } = await inSmallerBatches(gpu, usual, async (roundBytes) => {
    const most = batchWindows(gpu.info, spec, length)
    const { groups, step, passes } = planScan(spec, probes, { windows: count, length }, { most, roundBytes })
    const batches = batchesOf(gpu.info, spec, windows, step).map((batch) => scoredWindows(batch, protocol.firstScored))
    const causal = await CausalModel.load(gpu, spec, weightsOf(gpu, model), { positions: length })
    let done = 0
    const pass = (label: string) => {
      onProgress?.({ type: 'phase', phase: 'evaluate', done: done++, total: passes, label })
      checkCancelled(signal)
    }
    const found = new Map<Probe, { kl: Float32Array[]; nll: Float32Array[]; agree: number }>()
    const original: Float32Array[] = []
    for (const group of groups)
      for (const round of roundsOf(batches, 4 * spec.hidden * (group.length + 1), roundBytes)) {
        const states = await advance(gpu, causal, round, group, rounding, pass)
        for (const [b, batch] of round.entries()) {
          const half = (hidden: readonly Tensor[]): Half => ({ model: causal, hidden: hidden[b]! })
          const others = group.map((probe) => half(states.probes.get(probe)!))
          const compared = await compareHeads(gpu, half(states.original), others, batch, () => pass('predictions'))
          gpu.free(states.original[b], ...others.map(({ hidden }) => hidden))
          if (group === groups[0]) original.push(compared[0]!.original)
          for (const [i, probe] of group.entries()) {
            const { kl, quantized, agree } = compared[i]!
            const one = found.get(probe) ?? { kl: [], nll: [], agree: 0 }
            found.set(probe, { kl: [...one.kl, kl], nll: [...one.nll, quantized], agree: one.agree + sum(agree) })
          }
        }
      }
    causal.free()
    return { found, original }
  })
  const before = joined(original)
  const { perplexity, interval } = scored(before, count, protocol.firstScored)
  return {
    ...{ by, protocol: name, text: text.name, tokens: before.length, windows: count, widths, groupSize, symmetric },
    ...{ perplexity, interval },
    records: probes.map((probe) => {
      const { kl: parts, nll, agree } = found.get(probe)!
      const kl = joined(parts)
      return {
        ...{ unit: probe.unit, modules: probe.modules, bits: probe.bits, kl: Math.max(0, mean(kl)) },
        interval: meanInterval(meansOfRuns(kl, kl.length / count)),
        topAgreement: agree / kl.length,
        perplexity: Math.exp(mean(joined(nll))),
      }
    }),
    seconds: (performance.now() - started) / 1000,
  }
}

interface States {
  readonly original: Tensor[]
  readonly probes: Map<Probe, Tensor[]>
}

type Rounding = Pick<ScanRequest, 'groupSize' | 'symmetric'>

/** The original and every probe of a group through all blocks. */
async function advance(
  gpu: Gpu,
  causal: CausalModel,
  round: readonly ScoredBatch[],
  group: readonly Probe[],
  rounding: Rounding,
  pass: (label: string) => void,
): Promise<States> {
  const states: States = { original: [], probes: new Map() }
  for (const batch of round) {
    const rec = gpu.record()
    states.original.push(causal.embed(rec, batch.ids, batch))
    await gpu.submit(rec)
  }
  const through = async (block: BlockWeights, from: readonly Tensor[], label: string): Promise<Tensor[]> => {
    const next: Tensor[] = []
    for (const [b, batch] of round.entries()) {
      pass(label)
      const rec = gpu.record()
      next.push(causal.block.run(rec, block, from[b]!, batch))
      await gpu.submit(rec)
    }
    return next
  }
  await causal.forEachBlock(async (block, layer) => {
    for (const probe of group) {
      const own = states.probes.get(probe)
      if (!own && layer < probe.first) continue
      const label = `${probe.unit} at ${counted(probe.bits, 'bit')}`
      const { changed, free } = await rounded(gpu, causal, block, layer, probe, rounding)
      states.probes.set(probe, await through(changed, own ?? states.original, label))
      free()
      gpu.free(...(own ?? []))
    }
    const before = states.original.splice(0)
    states.original.push(...(await through(block, before, 'original')))
    gpu.free(...before)
  })
  return states
}

/** The block with what a probe rounds of it; `free` gives that back. */
async function rounded(
  gpu: Gpu,
  { spec }: CausalModel,
  block: BlockWeights,
  layer: number,
  { layers, bits }: Probe,
  rounding: Rounding,
): Promise<{ changed: BlockWeights; free: () => void }> {
  const linears = { ...block.linears }
  const made: Tensor[] = []
  for (const role of layers.get(layer) ?? []) {
    const { weight, bias } = block.linears[role]
    const name = linearName(layer, spec.linears.find((linear) => linear.role === role)!)
    const quantized = await dequantizeOnGpu(gpu, await roundToNearest(gpu, name, weight, { bits, ...rounding }))
    made.push(quantized)
    linears[role] = { weight: quantized, bias }
  }
  return { changed: { ...block, linears }, free: () => gpu.free(...made) }
}
