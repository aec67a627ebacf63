import type { ExportFacts, ExportFormat, VerifyReport } from '../workers/api'

/** One way to take a result away, in one of a few versions. */
export interface ExportKind {
  readonly title: string
  readonly note: string
  /** Quantization is simulated: the files hold plain floats. */
  readonly simulated?: true
  /** What is chosen between the versions. */
  readonly choice?: string
  readonly versions: readonly { readonly format: ExportFormat; readonly name: string; readonly label: string }[]
}

/** In the order of the page; `name` is what a button saves. */
export const EXPORT_KINDS: readonly ExportKind[] = [
  {
    title: 'Packed file',
    note: 'One .safetensors with codes, scales, config and tokenizer inside. Drop it here alone to open it again.',
    versions: [{ format: 'packed', name: 'packed file', label: 'Packed' }],
  },
  {
    title: 'GGUF file',
    note: 'One .gguf for llama.cpp and what is built on it: every matrix in the smallest type that holds its codes as they are, or as float16 where there is none.',
    choice: 'Embedding and head',
    versions: [
      { format: 'gguf', name: 'GGUF file', label: 'F16' },
      { format: 'gguf-q8_0', name: 'GGUF file, Q8_0', label: 'Q8_0' },
    ],
  },
  {
    title: 'GPTQ folder',
    note: 'A zip of a HF folder with the same codes, for GPTQModel, vLLM, SGLang and transformers. Version 1 is read by most.',
    choice: 'Zeros',
    versions: [
      { format: 'gptq', name: 'GPTQ folder', label: 'Version 1' },
      { format: 'gptq-v2', name: 'GPTQ v2 folder', label: 'Version 2' },
    ],
  },
  {
    title: 'compressed-tensors folder',
    note: 'A zip of a HF folder with the same codes in any width, for vLLM and transformers.',
    versions: [{ format: 'compressed-tensors', name: 'compressed-tensors folder', label: 'Packed integers' }],
  },
  {
    title: 'Float folder',
    note: 'A zip of the dequantized HF folder: loads everywhere, saves no space. For measuring elsewhere.',
    simulated: true,
    choice: 'Weights',
    versions: [
      { format: 'fp16', name: 'fp16 folder', label: 'fp16' },
      { format: 'bf16', name: 'bf16 folder', label: 'bf16' },
    ],
  },
]

export const exportName = (format: ExportFormat): string =>
  EXPORT_KINDS.flatMap(({ versions }) => versions).find((version) => version.format === format)!.name

/** What is known of a result's exports. */
export interface ExportsKnown {
  readonly facts: Readonly<Partial<Record<ExportFormat, ExportFacts>>>
  readonly verified: Readonly<Partial<Record<ExportFormat, VerifyReport>>>
}

export const nothingKnown: ExportsKnown = { facts: {}, verified: {} }
