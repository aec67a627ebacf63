import { gemma2 } from './gemma2'
import { gemma3 } from './gemma3'
import { gptNeox } from './gpt-neox'
import { gpt2 } from './gpt2'
import { llama } from './llama'
import type { Architecture } from './llama-like'
import { mistral } from './mistral'
import { mixtral } from './mixtral'
import { phi3 } from './phi3'
import { qwen2 } from './qwen2'
import { qwen3 } from './qwen3'
import { qwen3Moe } from './qwen3-moe'

/** All that can be opened, in the order of docs/architectures.md. */
export const architectures: readonly Architecture[] = [
  ...[llama, mistral, qwen2, qwen3, phi3, gemma2, gemma3, gpt2, gptNeox, mixtral, qwen3Moe],
]
