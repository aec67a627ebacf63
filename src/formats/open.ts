import { FormatError } from '../errors'
import type { ByteSource } from './bytes'
import type { Assessment, ModelSource } from './source'

/** What the files dropped so far amount to. Never throws for what is in them. */
export async function assess(files: ByteSource[]): Promise<Assessment> {
  return { state: 'unknown', reason: `${files.length} files` }
}

/** Opens a complete model: headers and side files are read, tensors stay where they are. FormatError says what is wrong. */
export async function openModel(files: ByteSource[]): Promise<ModelSource> {
  throw new FormatError(`${files.length} files`)
}
