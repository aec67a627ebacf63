import { carriedTensors } from './bitloom/copy'
import { inMemory } from './bitloom/tensors'
import { hfFolder, jsonFile, type OutputFile } from './hf-folder'
import type { AffineLinear, ChangedTensors, QuantizedLinear, Width } from './quantized'
import type { TensorToWrite } from './safetensors-writer'
import type { ModelSource } from './source'
import { layoutUniform, type UniformLayout } from './uniform'

/** Linears by name, each read when its turn comes. */
export type LinearSource = ReadonlyMap<string, () => Promise<QuantizedLinear>>

/** A folder that other software loads, and what it should know of it before. */
export interface QuantizedFolder {
  readonly files: OutputFile[]
  readonly warnings: readonly string[]
}

/** An integer format of other software. */
export interface UniformFormat {
  readonly title: string
  /** Widths that its codes may have, ascending. */
  readonly widths: readonly Width[]
  /** FormatError where it has no room for a linear of this layout. */
  check(name: string, layout: UniformLayout): void
  tensors(name: string, layout: UniformLayout, read: () => Promise<AffineLinear>): TensorToWrite[]
  /** `quantization_config` of config.json. */
  config(layouts: ReadonlyMap<string, UniformLayout>): object
  warnings(layouts: ReadonlyMap<string, UniformLayout>): string[]
  /** Name of a file of its own that holds the same as config.json does. */
  readonly configFile?: string
}

/**
 * The Hugging Face folder of the model with these linears as codes of another format: every weight is the packed file's to
 * the bit, in float32. FormatError names the linear that the format cannot hold. One linear is in memory at a time.
 */
export async function exportUniform(
  format: UniformFormat,
  source: ModelSource,
  linears: LinearSource,
  changed: ChangedTensors = new Map(),
): Promise<QuantizedFolder> {
  const layouts = new Map<string, UniformLayout>()
  for (const [name, read] of linears) {
    const layout = layoutUniform(await read(), format.widths, format.title)
    format.check(name, layout)
    layouts.set(name, layout)
  }
  const tensors = [
    ...carriedTensors(source, linears.keys(), changed.keys()),
    ...[...changed].map(([name, values]) => inMemory(name, 'F32', [values.length], [values])),
    // what has no uniform layout was refused above
    ...[...layouts].flatMap(([name, layout]) =>
      format.tensors(name, layout, linears.get(name)! as () => Promise<AffineLinear>),
    ),
  ]
  const config = format.config(layouts)
  const files = hfFolder(source, tensors, config)
  if (format.configFile) files.push(jsonFile(format.configFile, config))
  return { files, warnings: format.warnings(layouts) }
}
