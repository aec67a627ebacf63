import type { Dtype } from './dtypes'

/** One tensor of a model: described by the file's header, its bytes still in the file. */
export interface TensorEntry {
  readonly name: string
  readonly dtype: Dtype
  readonly shape: readonly number[]
  readonly bytes: number
  /** How the file keeps it, where `read` gives its codes as the floats of `dtype`: `bytes` and `dtype` are of those. */
  readonly stored?: { readonly type: string; readonly bytes: number }
  /** Raw little-endian bytes of rows [start, end) of the first dimension (whole tensor when omitted). */
  read(rows?: { start: number; end: number }): Promise<Uint8Array<ArrayBuffer>>
  /** Any of the bytes that `read` gives, where the file holds them as they are. */
  part?(start: number, length: number): Promise<Uint8Array<ArrayBuffer>>
}

/** An opened model of any format: what the pipeline knows of files. */
export interface ModelSource {
  readonly tensors: ReadonlyMap<string, TensorEntry>
  /** config.json, parsed but not yet believed: `specFromConfig` checks it. */
  readonly config: Record<string, unknown>
  /** Side files by name, verbatim: config.json, tokenizer.json, tokenizer_config.json, LICENSE … */
  readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>
  /** The safetensors `__metadata__`, merged over shards. */
  readonly metadata: Readonly<Record<string, string>>
  /** Names of linears that the files hold as [in, out]; their entries are turned. */
  readonly transposed?: ReadonlySet<string>
  /** What a person should know of this model before using it, a sentence each. */
  readonly warnings?: readonly string[]
  readonly provenance: { kind: ModelKind; files: { name: string; bytes: number }[] }
}

/** The last two are checkpoints that other software quantized. */
export type ModelKind = 'hf-checkpoint' | 'gguf' | 'bitloom' | 'gptq' | 'compressed-tensors'

/** What a pile of files amounts to: a model, or what is still missing so that a page can ask for the rest. */
export type Assessment =
  | { state: 'ready'; kind: ModelKind }
  | { state: 'incomplete'; missing: string[]; have: string[] }
  | { state: 'unknown'; reason: string }
