import { copyFile, link, mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { counted } from '../../src/counted'
import { roughly } from '../../src/duration'
import { FormatError } from '../../src/errors'
import { assumedGpu } from '../../src/gpu/device'
import { addressText, readAddress } from '../../src/hub/address'
import { fetchModel } from '../../src/hub/cache'
import { type Choice, choicesOf, whyNot } from '../../src/hub/choice'
import type { HubClient } from '../../src/hub/client'
import { type HubListing, listRepo } from '../../src/hub/listing'
import { Pace } from '../../src/hub/pace'
import { baseName, remoteSource } from '../../src/hub/remote'
import { previewModel } from '../../src/pipeline/preview'
import { command, StoppedError, UsageError } from '../command'
import { diskPath, diskStore } from '../disk-store'
import { hubClient, tokenFlag } from '../hub'
import { prepareOutput } from '../output'
import { atMostEvery, megabytes, say } from '../progress'

export const pull = command({
  name: 'pull',
  positionals: ['REPO'],
  summary:
    'Downloads a model of the Hugging Face Hub (org/name, org/name@revision or its address). Goes on where it was stopped.',
  flags: {
    revision: { type: 'text', value: 'REV', help: 'Branch, tag or commit. Default: main.' },
    file: {
      type: 'text',
      value: 'GLOB',
      help: 'The one GGUF file to fetch, such as *Q4_K_M.gguf. Default: the checkpoint, or the only GGUF.',
    },
    out: {
      type: 'text',
      value: 'DIR',
      help: 'Folder to make of the files. Default: only the cache, whose folder is printed.',
    },
    list: { type: 'switch', help: 'Only says what would be fetched, and what it takes.' },
    ...tokenFlag,
  },
  async run({ positionals: [text], values, signal }) {
    const { out } = values
    if (out !== undefined) await prepareOutput(out, 'choose a new folder')
    const client = hubClient('pull', values['token-env'], signal)
    const address = readAddress(text!, client.endpoint.hub)
    const listing = await listRepo(client, { ...address, revision: values.revision ?? address.revision })
    const choices = await choicesOf(client, listing, address.file)
    if (values.list && fitting(choices, values.file).length > 1)
      return severalOf(listing, fitting(choices, values.file))
    const choice = choose(choices, values.file)
    const forecast = await forecastLine(client, listing, choice)
    const files = listing.files.map((file) => ({
      ...{ path: file.path, size: file.size },
      why: choice.files.includes(file) ? null : whyNot(file),
    }))
    const lines = [
      ...files.map(
        ({ path, size, why }) =>
          `${why ? '  ' : '* '}${megabytes(size).padStart(12)}  ${path}${why ? `  (${why})` : ''}`,
      ),
      `${addressText(listing)} at ${listing.commit.slice(0, 12)}: ${counted(choice.files.length, 'file')}, ${megabytes(choice.bytes)}`,
      forecast,
    ]
    const about = { repo: listing.repo, revision: listing.revision, commit: listing.commit, bytes: choice.bytes, files }
    if (values.list) return { json: about, text: lines.join('\n') }
    lines.forEach(say)
    const folder = await fetched(client, listing, choice, signal)
    const path = out ?? diskPath(folder)
    if (out !== undefined) await linkFiles(folder, choice, out)
    return { json: { ...about, path }, text: path }
  },
})

/** The choices whose path or name fits a glob; all without one, or the checkpoint where there is one. */
function fitting(choices: readonly Choice[], glob: string | undefined): Choice[] {
  if (glob === undefined) return choices[0]?.kind === 'checkpoint' ? [choices[0]] : [...choices]
  const source = glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  const pattern = new RegExp(`^${source}$`, 'i')
  return choices.filter(({ id }) => pattern.test(id) || pattern.test(baseName(id)))
}

/** The model that the person means; UsageError lists them where that is open. */
function choose(choices: readonly Choice[], glob: string | undefined): Choice {
  const found = fitting(choices, glob)
  const [first] = found
  if (first && (found.length === 1 || first.kind === 'checkpoint')) return first
  const names = (first ? found : choices).map(({ id, bytes }) => `${id || 'the checkpoint'} (${megabytes(bytes)})`)
  throw new UsageError(`pull: --file: expected one of ${names.join(', ')}, got ${glob ? `'${glob}'` : 'none'}`)
}

/** What there is to choose from, where a repository holds one model in several files. */
function severalOf(listing: HubListing, choices: readonly Choice[]) {
  const { repo, revision, commit } = listing
  const rows = choices.map(({ id, type, bytes, files }) => ({ file: id, type, bytes, parts: files.length }))
  const lines = rows.map(({ file, type, bytes, parts }) => {
    const of = parts > 1 ? `  (${parts} parts)` : ''
    return `${megabytes(bytes).padStart(12)}  ${(type ?? '').padEnd(8)}  ${file}${of}`
  })
  const advice = `${addressText(listing)} at ${commit.slice(0, 12)}: ${counted(rows.length, 'model')}; look at one with --file`
  return { json: { repo, revision, commit, choices: rows }, text: [...lines, advice].join('\n') }
}

/** From config and headers; what Bitloom cannot open is told before it is downloaded. */
async function forecastLine(client: HubClient, listing: HubListing, { files }: Choice): Promise<string> {
  try {
    const sources = files.map((file) => remoteSource(client, listing, file))
    const { architecture, parameters, context, types, bits, forecast } = await previewModel(sources, assumedGpu)
    if (!forecast) return 'a packed Bitloom file'
    const problems = forecast.problems.map((problem) => `\nproblem: ${problem}`).join('')
    const shares = types.map(({ type, share }) => `${type} ${(100 * share).toFixed(1)} %`).join(', ')
    const stored = `${shares}: ${bits.toFixed(2)} bits/weight`
    return `${architecture}, ${(parameters / 1e6).toFixed(1)} M parameters, context ${context}, ${stored}; GPU memory to quantize: about ${megabytes(forecast.peak)}${problems}`
  } catch (error) {
    if (error instanceof FormatError) return `problem: ${error.message}`
    throw error
  }
}

async function fetched(client: HubClient, listing: HubListing, choice: Choice, signal: AbortSignal): Promise<string> {
  const pace = new Pace()
  const due = atMostEvery(process.stderr.isTTY ? 200 : 10_000)
  try {
    return await fetchModel(client, diskStore(), listing, choice, ({ file, done, total, note }) => {
      const told = pace.tell(done, total)
      if (note) say(note)
      if (!due()) return
      const rate = told ? `  ${megabytes(told.bytesPerSecond)}/s, ${roughly(told.secondsLeft)} left` : ''
      const line = `${megabytes(done)} of ${megabytes(total)}${rate}  ${file}`
      process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${line}` : `${line}\n`)
    })
  } catch (error) {
    if (signal.aborted) throw new StoppedError('what was fetched is kept; the same command goes on')
    throw error
  } finally {
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
  }
}

/** The cache's files under another folder: links where the disk has them, else copies. */
async function linkFiles(folder: string, { files }: Choice, out: string): Promise<void> {
  const partial = `${out}.${process.pid}.partial`
  try {
    await mkdir(partial)
    for (const name of files.map(({ path }) => baseName(path))) {
      const from = diskPath(folder, name)
      await link(from, join(partial, name)).catch(() => copyFile(from, join(partial, name)))
    }
    await rename(partial, out)
  } catch (error) {
    await rm(partial, { recursive: true, force: true })
    throw error
  }
}
