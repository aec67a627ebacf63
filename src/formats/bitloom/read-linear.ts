import { type AffineHeader, failure, partsOf, placeByRule } from '../affine-check'
import type { PartName } from '../linear-check'
import type { AffineLinear, Grid, SignLinear } from '../quantized'
import { countBits, type SignHeader } from '../sign-check'

/** Bytes of a stored array of the linear. */
type BytesOf = (part: PartName) => Promise<ArrayBuffer>

const wordsBy = (bytesOf: BytesOf) => async (part: PartName) => new Uint32Array(await bytesOf(part))
const halvesBy = (bytesOf: BytesOf) => async (part: PartName) => new Uint16Array(await bytesOf(part))

/** An affine linear as its file has it; its header is valid, its values are not looked at. */
export async function readAffine(name: string, header: AffineHeader, bytesOf: BytesOf): Promise<AffineLinear> {
  const [words, halves] = [wordsBy(bytesOf), halvesBy(bytesOf)]
  const { permuted, named, grid: stated, ...shape } = header
  const readGrid = async (): Promise<Grid> => {
    if (stated.type === 'symmetric') return { ...stated, scale: await halves('scale') }
    if (stated.type === 'range') {
      const [min, range] = await Promise.all([halves('min'), halves('range')])
      return { type: 'range', min, range }
    }
    const [scale, zeros] = await Promise.all([halves('scale'), words('zeros')])
    return { ...stated, scale, zeros }
  }
  const readPlaces = async () => {
    if (!shape.rule)
      return { perm: permuted ? await words('perm') : null, groupOf: named ? await halves('group') : null }
    const widths = partsOf(header).has('widths') ? await words('widths') : null
    const { perm, storedGroupOf: groupOf } = placeByRule(name, header, shape.rule, widths)
    return { perm, groupOf }
  }
  // asked for at once, since each answer has a way to come
  const [places, codes, grid] = await Promise.all([readPlaces(), words('codes'), readGrid()])
  return { ...shape, name, ...places, codes, grid }
}

/** A linear of signs as its file has it; its header is valid, of its values only the number of salient columns is. */
export async function readSign(name: string, header: SignHeader, bytesOf: BytesOf): Promise<SignLinear> {
  const [words, halves] = [wordsBy(bytesOf), halvesBy(bytesOf)]
  const { centered, sparse, salient, ...shape } = header
  const readSparse = async ({ gapWords: _, zeros, ...stated }: NonNullable<SignHeader['sparse']>) => ({
    ...stated,
    gaps: await words('sparse.gaps'),
    codes: await words('sparse.codes'),
    scales: await halves('sparse.scales'),
    zeros: zeros ? await words('sparse.zeros') : null,
  })
  const readColumns = async (count: number) => {
    const mask = await words('columns.mask')
    const marked = countBits(mask)
    if (marked !== count) failure(name)(`expected ${count} columns with a second sign, got ${marked}`)
    return { mask, signs: await words('columns.signs'), levels: await halves('columns.levels') }
  }
  return {
    ...shape,
    name,
    signs: await words('signs'),
    ids: shape.groups > 1 ? await words('ids') : null,
    amplitudes: await halves('amplitudes'),
    centers: centered ? await halves('centers') : null,
    sparse: sparse && (await readSparse(sparse)),
    columns: salient === null ? null : await readColumns(salient),
  }
}
