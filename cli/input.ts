import { readFile, stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { FormatError } from '../src/errors'
import { fileSource, folderSources } from '../src/formats/node-files'
import type { Gpu } from '../src/gpu/device'
import { openGpu } from '../src/gpu/open'
import { tune } from '../src/kernels/tuning'
import { checkCancelled } from '../src/pipeline/batching'
import { type OpenedModel, openFiles } from '../src/pipeline/opened'
import { readTask, type ZeroShotTask } from '../src/pipeline/zero-shot-task'
import { openDawn } from './dawn'
import { textOfHub } from './hub'
import { tuningFile } from './tuning-file'

/** The model in a folder, as a checkpoint or quantized by other software, or in one packed or GGUF file. */
export const openPath = async (path: string): Promise<OpenedModel> => openFiles(await folderSources(path), nameAt(path))

/** What the files of a path are called together. */
export const nameAt = (path: string): string => basename(resolve(path)).replace(/\.(safetensors|gguf)$/i, '')

/** A text file, under its own name, or one of the Hub, `hub:…`. FormatError for what is no text. */
export async function readText(path: string): Promise<{ name: string; text: string }> {
  if (path.startsWith('hub:')) return textOfHub(path)
  const bytes = await readFile(path).catch(({ code }: NodeJS.ErrnoException) => {
    throw new FormatError(`${path}: expected a text file, got '${code}' — check the path`)
  })
  try {
    return { name: basename(path), text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch {
    throw new FormatError(`${path}: expected text in UTF-8, got other bytes — convert it, or choose another file`)
  }
}

/** A zero-shot task, or its first `limit` items. FormatError names file and line. */
export async function taskAt(path: string, limit: number | null): Promise<ZeroShotTask> {
  const info = await stat(path).catch(() => null)
  if (info?.isDirectory()) throw new FormatError(`${path}: expected a task's .jsonl file, got a folder — name the file`)
  return readTask(await fileSource(path), limit)
}

/** Opens the GPU for as long as `work` takes. */
export async function withGpu<T>(signal: AbortSignal, work: (gpu: Gpu) => Promise<T>): Promise<T> {
  checkCancelled(signal)
  const dawn = await openDawn()
  const gpu = await openGpu(dawn.adapter)
  try {
    await tune(gpu, tuningFile())
    return await work(gpu)
  } finally {
    await gpu.quiet()
    gpu.destroy()
    dawn.close()
  }
}
