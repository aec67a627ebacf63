import { invariant } from '../errors'
import type { EffectiveBits, RunReport } from '../records'
import { headerOf, type LinearHeader } from './linear-check'
import type { QuantizedLinear } from './quantized'

/** Quantized linears, wherever they are: what they are is known, each is read when it is asked for. */
export interface StoredLinears {
  readonly headers: ReadonlyMap<string, LinearHeader>
  /** FormatError when the stored values do not make a valid linear. */
  linear(name: string): Promise<QuantizedLinear>
}

/** Linears that are in memory. */
export function heldLinears(linears: Iterable<QuantizedLinear>): StoredLinears {
  const held = new Map([...linears].map((linear) => [linear.name, linear]))
  return {
    headers: new Map([...held].map(([name, linear]) => [name, headerOf(linear)])),
    linear: async (name) => {
      const linear = held.get(name)
      invariant(linear, () => `no linear ${name}`)
      return linear
    },
  }
}

/** The same linears with the headers that they turn out to have: what other software stored is known for sure once it is read. */
export async function readHeaders({ headers, linear }: StoredLinears): Promise<StoredLinears> {
  const read = new Map<string, LinearHeader>()
  for (const name of headers.keys()) read.set(name, headerOf(await linear(name)))
  return { headers: read, linear }
}

/** A quantized model: what it holds is known, the linears are read one at a time when asked for. */
export interface PackedModel extends StoredLinears {
  readonly names: readonly string[]
  /** Bits a weight of all linears together, from the sizes of their stored arrays. */
  readonly bits: EffectiveBits
  readonly report: RunReport
}
