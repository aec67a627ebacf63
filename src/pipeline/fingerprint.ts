import type { Gpu } from '../gpu/device'
import { resolveMethod } from '../methods/registry'
import type { Recipe } from '../records'
import { Sha256 } from '../sha256'
import { version } from '../version'
import { digest } from './digest'
import type { OpenedModel } from './opened'

/** What decides the codes of a run, part by part: only a run of the same may go on from its blocks. */
export interface Fingerprint {
  /**
   * Digest of names and sizes of the weight files, of every tensor's description and its side files whole, and of the first
   * and the middle row of every tensor: all the weights would have to be read twice.
   */
  readonly model: string
  /** Digest of the text; null for methods that need none. */
  readonly calibration: string | null
  readonly recipe: string
  readonly code: string
  /** Adapter, and what was found to be fastest on it: sums are the same on the same only. */
  readonly device: string
}

/** Rows beyond are left out of the sample: those of a tensor of matrices are matrices. */
const MOST_ROW_BYTES = 2 ** 20

export async function fingerprintOf(
  gpu: Gpu,
  model: OpenedModel,
  recipe: Recipe,
  text: { readonly text: string } | null,
): Promise<Fingerprint> {
  const { name, software } = gpu.info
  const { method, options } = resolveMethod(recipe.method, recipe.options)
  const calibration = method.needsCalibration && text ? await digest(text.text) : null
  return {
    ...{ model: await modelDigest(model), calibration, recipe: canonical({ ...recipe, options }), code: version },
    device: canonical({ name, software, ...gpu.tuning }),
  }
}

async function modelDigest({ source }: OpenedModel): Promise<string> {
  const hash = new Sha256()
  const say = (value: unknown) => hash.update(new TextEncoder().encode(`${JSON.stringify(value)}\n`))
  say(source.provenance.files)
  for (const [name, bytes] of [...source.files].sort(byName)) {
    say({ name, size: bytes.length })
    hash.update(bytes)
  }
  for (const [name, { dtype, shape, bytes, read }] of [...source.tensors].sort(byName)) {
    say({ name, dtype, shape })
    const rows = shape[0] ?? 0
    if (rows === 0 || bytes / rows > MOST_ROW_BYTES) continue
    for (const start of new Set([0, Math.floor(rows / 2)])) hash.update(await read({ start, end: start + 1 }))
  }
  return hash.digest()
}

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) => (a < b ? -1 : 1)

/** JSON with keys in order, so that equal values are equal texts. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(byName))
      : part,
  )

const WORDS: Record<keyof Fingerprint, string> = {
  ...{ model: 'model', calibration: 'calibration text', recipe: 'recipe', code: 'version of Bitloom', device: 'GPU' },
}

/** Names what is not the same, for a person. */
export const differences = (a: Fingerprint, b: Fingerprint): string[] =>
  (Object.keys(WORDS) as (keyof Fingerprint)[]).filter((part) => a[part] !== b[part]).map((part) => WORDS[part])

/** A name for runs of this fingerprint: 16 hexadecimal digits. */
export const nameOf = (fingerprint: Fingerprint): string =>
  new Sha256()
    .update(new TextEncoder().encode(canonical(fingerprint)))
    .digest()
    .slice(0, 16)
