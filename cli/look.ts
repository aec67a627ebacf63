import { counted } from '../src/counted'
import { FormatError } from '../src/errors'
import type { FileView, TensorPicture } from '../src/file-records'
import type { ByteSource } from '../src/formats/bytes'
import { assess } from '../src/formats/open'
import { bitsOf, sharesBy, type TensorShare } from '../src/formats/tensor-shares'
import { openViewed, type Viewed } from '../src/formats/viewed'
import { whyOnlyLook } from '../src/pipeline/only-look'
import { tensorPicture } from '../src/pipeline/tensor-picture'
import { megabytes } from './progress'

/** Files that hold weights and are no model that runs, and why; throws `refused` again where they are not even that. */
export async function lookInstead(
  files: readonly ByteSource[],
  name: string,
  refused: unknown,
): Promise<{ viewed: Viewed; reason: string }> {
  if (!(refused instanceof FormatError)) throw refused
  const isIncomplete = (await assess([...files])).state === 'incomplete'
  const reason = (await whyOnlyLook(files, refused)) ?? (isIncomplete ? refused.message : null)
  const viewed = reason === null ? null : await openViewed(files, name).catch(() => null)
  if (!viewed || reason === null) throw refused
  return { viewed, reason }
}

/** What `--json` says of files: the same for a model that runs and for one that is only looked at. */
export function viewJson({ tensors, metadata }: FileView) {
  const share = ({ name, tensors: count, bytes, weights }: TensorShare) => ({
    ...{ name, tensors: count, bytes, weights, bits: bitsOf({ bytes, weights }) },
  })
  return {
    kinds: sharesBy(tensors, 'kind').map(share),
    types: sharesBy(tensors, 'type').map(share),
    metadata,
  }
}

export function lookJson(view: FileView, reason: string) {
  const { name, format, architecture, weights, bytes, files, tensors } = view
  return {
    ...{ name, kind: format, architecture, runs: false, reason, parameters: weights, bytes, files },
    bits: bitsOf(view),
    tensors: tensors.map(({ type, ...tensor }) => ({ ...tensor, dtype: type, bits: bitsOf(tensor) })),
    ...viewJson(view),
  }
}

export function lookText(view: FileView, reason: string): string {
  const { name, architecture, weights, bytes, tensors, metadata } = view
  const bits = bitsOf(view)
  return [
    `${name}  ${architecture ?? 'no architecture named'}  ${(weights / 1e6).toFixed(1)} M weights  ${megabytes(bytes)} in ${counted(tensors.length, 'tensor')}`,
    ...(bits === null ? [] : [`  ${'bits/weight'.padEnd(16)} ${bits.toFixed(4)}`]),
    `can be looked at, not run, because ${reason}`,
    ...sharesText(view),
    ...(metadata.length > 0 ? ['metadata'] : []),
    ...metadata.map(({ key, value }) => `  ${key.padEnd(40)} ${value.replaceAll(/\s+/g, ' ')}`),
  ].join('\n')
}

/** Where the size goes, by type and by kind. */
export function sharesText({ tensors, bytes }: FileView): string[] {
  const line = (share: TensorShare) => {
    const bits = bitsOf(share)
    const part = bytes > 0 ? ((100 * share.bytes) / bytes).toFixed(1) : '0.0'
    return `  ${share.name.padEnd(16)} ${part.padStart(5)} %  ${megabytes(share.bytes)} in ${share.tensors}${bits === null ? '' : `, ${bits.toFixed(2)} bits/weight`}`
  }
  return ['by type', ...sharesBy(tensors, 'type').map(line), 'by kind', ...sharesBy(tensors, 'kind').map(line)]
}

/** One tensor in numbers, every weight read. */
export async function tensorFacts({ facts, tensors }: Viewed, name: string, signal: AbortSignal) {
  const found = facts.tensors.find((tensor) => tensor.name === name)
  if (!found)
    throw new FormatError(
      `--tensor ${name}: expected the name of a tensor, got none of that name — see the list that --json prints`,
    )
  const tensor = tensors.get(name)
  if (!tensor)
    throw new FormatError(
      `--tensor ${name}: expected a type that llama.cpp has, got ${found.type} — choose another tensor`,
    )
  const wish = { lane: 'peak', window: null, across: 1, down: 1, whole: true } as const
  const { statistics, weights, block } = await tensorPicture(tensor, wish, { signal })
  return { name, dtype: found.type, shape: found.shape, bytes: found.bytes, weights, block, statistics }
}

export function tensorText({
  name,
  dtype,
  shape,
  weights,
  block,
  statistics,
}: Pick<TensorPicture, 'statistics' | 'weights' | 'block'> & {
  name: string
  dtype: string
  shape: readonly number[]
}): string {
  const { min, max, mean, deviation, zeros, nans, infinities } = statistics
  const numbers = Object.entries({ min, max, mean, deviation, zeros, nans, infinities })
  return [
    `${name}  ${dtype} [${shape.join(', ')}]  ${counted(weights, 'weight')}`,
    ...(block ? [`  ${'blocks'.padEnd(16)} ${blockText(block)}`] : []),
    ...numbers.map(([key, value]) => `  ${key.padEnd(16)} ${Number(value.toPrecision(6))}`),
  ].join('\n')
}

const blockText = ({ weights, super: superBlock, book }: NonNullable<TensorPicture['block']>): string =>
  [
    ...(book ? [`one of ${book.entries} codebook entries for ${counted(book.weights, 'weight')}`] : []),
    `a scale for ${counted(weights, 'weight')}`,
    ...(superBlock === null ? [] : [`a super-block of ${superBlock}`]),
  ].join(', ')
