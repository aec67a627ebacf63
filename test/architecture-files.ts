import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Made by PyTorch transformers: tools/architecture_fixtures.py. */
const FOLDER = join(import.meta.dirname, 'fixtures/architectures')

export const architectureNames = readdirSync(FOLDER).sort()

/** A character for every id, in a tokenizer that merges nothing. */
export const LETTERS = Array.from({ length: 97 }, (_, id) => String.fromCharCode(0x100 + id))
const tokenizer = {
  version: '1.0',
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: null,
  post_processor: null,
  decoder: null,
  model: { type: 'BPE', vocab: Object.fromEntries(LETTERS.map((letter, id) => [letter, id])), merges: [] },
}

export const fixtureFile = (name: string, file: string): Buffer => readFileSync(join(FOLDER, name, file))

/** The files of a fixture as a person would have them in a folder. */
export const architectureFiles = (name: string): { readonly name: string; readonly bytes: Buffer }[] => [
  { name: 'model.safetensors', bytes: fixtureFile(name, 'model.safetensors') },
  { name: 'config.json', bytes: fixtureFile(name, 'config.json') },
  { name: 'tokenizer.json', bytes: Buffer.from(JSON.stringify(tokenizer)) },
]
