import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, vi } from 'vitest'
import { run } from '../cli/run'
import { buildCli } from '../scripts/build.mjs'
import { writeTexts } from '../scripts/texts.mjs'

const root = resolve(import.meta.dirname, '..')
export const nano = join(root, 'public/models/wren-nano')

/** What a program left: exit code and both streams. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Started {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
}

/** Builds the one-file program where it is older than its sources. */
export const built = (): Promise<void> => buildCli()

/** Starts the built program, as a person at a terminal would. */
export function start(args: readonly (string | number)[], env: Record<string, string> = {}): Started {
  const child = spawn(process.execPath, [join(root, 'dist-cli/bitloom.mjs'), ...args.map(String)], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text))
  const ended = new Promise<Ended>((done, fail) => {
    child.on('error', fail).on('close', (code) => done({ code, stdout, stderr }))
  })
  return { child, ended }
}

/** Runs a command line in this process: what needs no GPU takes milliseconds. One at a time. */
export async function runHere(...args: (string | number)[]): Promise<Ended> {
  const texts = { stdout: '', stderr: '' }
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((...[text, ...rest]: unknown[]) => {
      texts[name] += text
      for (const callback of rest) if (typeof callback === 'function') callback()
      return true
    }),
  )
  try {
    const code = await run(args.map(String), new AbortController().signal)
    return { code, ...texts }
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}

/** Runs a command line in a process of its own. */
export const bitloom = (...args: (string | number)[]): Promise<Ended> => start(args).ended

/** The result of a command that must work: the only thing on its standard output. */
export async function bitloomJson<T>(...args: (string | number)[]): Promise<T> {
  const { code, stdout, stderr } = await bitloom(...args, '--json')
  if (code !== 0) throw new Error(`bitloom ${args.join(' ')}: exit code ${code}\n${stderr}`)
  return JSON.parse(stdout) as T
}

/** A folder of this test file's own, gone when its tests are. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bitloom-test-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** wren-nano with some files replaced, added, or (null) left out. */
export function nanoWith(folder: string, changes: Readonly<Record<string, string | Uint8Array | null>>): string {
  const copy = mkdtempSync(join(folder, 'model-'))
  for (const name of readdirSync(nano)) if (!(name in changes)) symlinkSync(join(nano, name), join(copy, name))
  for (const [name, bytes] of Object.entries(changes)) if (bytes !== null) writeFileSync(join(copy, name), bytes)
  return copy
}

/** The first `characters` of a text that comes with the page, as a file of its own. */
export function sample(folder: string, text: 'moby-dick' | 'state-of-the-union', characters: number): string {
  writeTexts()
  const path = join(folder, `${text}.txt`)
  writeFileSync(path, readFileSync(join(root, `public/texts/${text}.txt`), 'utf8').slice(0, characters))
  return path
}
