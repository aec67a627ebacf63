import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { json, text } from 'node:stream/consumers'

/** The token ids that llama.cpp finds in each text, by the tokenizer of each GGUF file. */
export async function llamaTokens(paths: readonly string[], texts: readonly string[]): Promise<number[][][]> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'tokenize-by-llama.mjs')])
  const said = text(child.stderr)
  const ids = json(child.stdout).catch(async () => {
    throw new Error(`llama.cpp: ${await said}`)
  })
  child.stdin.end(JSON.stringify({ paths, texts }))
  return (await ids) as number[][][]
}
