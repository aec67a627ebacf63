import type { QuantizedLinear } from '../src/formats/quantized'
import type { QuantizedModel } from '../src/pipeline/outcome'
import { quantize } from '../src/pipeline/quantize'

/** A result with all its linears in memory, by name. */
export interface WholeModel extends QuantizedModel {
  readonly linears: ReadonlyMap<string, QuantizedLinear>
}

/** Quantizes a model that is small. */
export async function quantizeWhole(...request: Parameters<typeof quantize>): Promise<WholeModel> {
  const result = await quantize(...request)
  const linears = new Map<string, QuantizedLinear>()
  for (const name of result.headers.keys()) linears.set(name, await result.linear(name))
  return { ...result, linears }
}
