import { FormatError } from '../errors'
import type { ByteSource } from '../formats/bytes'
import { parseJsonObject, readSideFile } from '../formats/side-files'
import { openViewed } from '../formats/viewed'
import { specFromConfig } from '../models/spec'

/**
 * Why these files can only be looked at: they are an adapter, or of an architecture or a type that is not run, however whole they are.
 * `refused` is what opening them said. Null where they are such a model, damaged or not all there, or their headers cannot be read.
 */
export async function whyOnlyLook(files: readonly ByteSource[], refused?: FormatError): Promise<string | null> {
  const named = (name: string) => files.find((file) => file.name === name)
  const reason = named('adapter_config.json')
    ? 'an adapter holds changes to another model, not a model'
    : await whyNotRun(named('config.json'), refused)
  if (reason === null) return null
  try {
    await openViewed(files, '')
    return reason
  } catch (error) {
    if (error instanceof FormatError) return null
    throw error
  }
}

async function whyNotRun(config: ByteSource | undefined, refused?: FormatError): Promise<string | null> {
  // without a config.json it is a GGUF file, or a pile that waits for one
  if (!config) return refused?.message ?? null
  const json = parseJsonObject(config.name, await readSideFile(config))
  try {
    specFromConfig(json)
    return null
  } catch (error) {
    if (error instanceof FormatError) return error.message
    throw error
  }
}
