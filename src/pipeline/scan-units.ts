import { FormatError } from '../errors'
import type { Width } from '../formats/quantized'
import type { ScanUnit } from '../measurement-records'
import { linearName } from '../models/required-tensors'
import type { ModelSpec } from '../models/spec'
import type { Role } from '../models/weights'

/** Linears that are rounded together, and to what: one question of a scan. */
export interface Probe {
  readonly unit: string
  readonly modules: readonly string[]
  /** Roles that it touches, by layer. */
  readonly layers: ReadonlyMap<number, readonly Role[]>
  readonly first: number
  readonly bits: Width
}

/** Every unit of a model at every width, units by their first layer. */
export function probesOf(spec: ModelSpec, by: ScanUnit, widths: readonly Width[]): Probe[] {
  const units = new Map<string, { modules: string[]; layers: Map<number, Role[]> }>()
  for (let layer = 0; layer < spec.layers; layer++)
    for (const linear of spec.linears) {
      const name = linearName(layer, linear)
      const key = by === 'module' ? name : by === 'layer' ? `layer ${layer}` : linear.role
      const unit = units.get(key) ?? { modules: [], layers: new Map<number, Role[]>() }
      unit.modules.push(name)
      unit.layers.set(layer, [...(unit.layers.get(layer) ?? []), linear.role])
      units.set(key, unit)
    }
  return [...units].flatMap(([unit, { modules, layers }]) =>
    widths.map((bits) => ({ unit, modules, layers, first: Math.min(...layers.keys()), bits })),
  )
}

/** How the probes of a scan go through the model: so many in one go, and so many windows of the text. */
export interface ScanPlan {
  readonly groups: readonly (readonly Probe[])[]
  /** Windows a batch. */
  readonly step: number
  /** Batches that pass a block or a head, all in all. */
  readonly passes: number
  /** Of those, what one perplexity of the same text takes: a pass of every block and of the head. */
  readonly one: number
}

/**
 * All states before a block that is changed are those of the original, which are made once for a group of probes; a probe
 * has its own from its first block on. Groups are as large as `roundBytes` hold for one window.
 */
export function planScan(
  spec: ModelSpec,
  probes: readonly Probe[],
  text: { readonly windows: number; readonly length: number },
  { most, roundBytes }: { readonly most: number; readonly roundBytes: number },
): ScanPlan {
  const window = 4 * spec.hidden * text.length
  const together = Math.floor(roundBytes / window) - 1
  if (together < 1)
    throw new FormatError(
      `scan: expected room for the states of two windows, ${2 * window} bytes, got ${roundBytes} — use shorter windows`,
    )
  const groups: Probe[][] = []
  for (let from = 0; from < probes.length; from += together) groups.push(probes.slice(from, from + together))
  const largest = groups[0]?.length ?? 0
  const step = Math.max(1, Math.min(most, Math.floor(roundBytes / window / (largest + 1))))
  const batches = Math.ceil(text.windows / step)
  const one = batches * (spec.layers + 1)
  const passes = groups.reduce(
    (sum, group) => sum + one + group.reduce((own, { first }) => own + batches * (spec.layers - first + 1), 0),
    0,
  )
  return { groups, step, passes, one }
}
