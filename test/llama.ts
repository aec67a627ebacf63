import { spawn } from 'node:child_process'
import { join } from 'node:path'

export interface LlamaJob {
  /** A GGUF file. */
  readonly path: string
  /** To be cut into tokens, without BOS. */
  readonly text?: string
  /** Ids of which positions from `firstScored` on are scored. */
  readonly windows?: readonly (readonly number[])[]
  readonly firstScored?: number
}

export interface LlamaResult {
  readonly tokens: number[]
  /** Negative log-likelihoods of all scored tokens. */
  readonly nll: number[]
}

/** What llama.cpp says of a file, on the CPU, in a process of its own: one that cannot be loaded may end it. */
export const llama = (job: LlamaJob): Promise<LlamaResult> => ask(job)

/** The token ids that llama.cpp finds in each text, special tokens by their text, by the tokenizer of each GGUF file. */
export const llamaTokens = (paths: readonly string[], texts: readonly string[]): Promise<number[][][]> =>
  ask({ paths, texts })

function ask<Answer>(job: object): Promise<Answer> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'llama-child.mjs')], { stdio: 'pipe' })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text))
  child.stdin.on('error', () => {}).end(JSON.stringify(job))
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code, signal) => {
      if (code === 0) resolve(JSON.parse(stdout))
      else reject(new Error(`llama.cpp ended with ${signal ?? code}: ${stderr.slice(-2000)}`))
    })
  })
}

export const perplexityOf = ({ nll }: LlamaResult): number =>
  Math.exp(nll.reduce((sum, value) => sum + value, 0) / nll.length)
