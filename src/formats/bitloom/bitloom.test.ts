import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { affineSample, anyAffine, anyRuled, ruledSample } from '../../../test/affine'
import { anySign, signSample } from '../../../test/sign'
import { collect, tinyCheckpoint, tinyLinears, tinyReport } from '../../../test/tiny-model'
import { FormatError } from '../../errors'
import { arraysOf } from '../affine-check'
import { effectiveBits, sumBits } from '../bits'
import { memorySource } from '../bytes'
import { openModel } from '../open'
import { heldLinears, type PackedModel } from '../packed-model'
import type { QuantizedLinear, Width } from '../quantized'
import type { ModelSource, TensorEntry } from '../source'
import { carriedTensors } from './copy'
import { packedFileName } from './names'
import { readBitloom } from './read'
import { writeBitloom } from './write'

async function tinyFile() {
  const linears = tinyLinears()
  const report = tinyReport(linears)
  const { size, chunks } = writeBitloom(await tinyCheckpoint(), heldLinears(linears), report)
  const bytes = await collect(chunks)
  return { linears, report, size, bytes }
}

const open = async (bytes: Uint8Array) => {
  const source = await openModel([memorySource(bytes, 'tiny.bitloom.safetensors')])
  return { source, model: await readBitloom(source) }
}

const signs = signSample({
  ...{ out: 20, columns: 33, groups: 3, blockColumns: 8, perRow: true, centered: true, sparse: 'some', bits: 5 },
  ...{ zeros: true, salient: 'some', seed: 3 },
}).linear

const allLinears = async (model: PackedModel) => {
  const linears: QuantizedLinear[] = []
  for (const name of model.names) linears.push(await model.linear(name))
  return linears
}

/** The file with its JSON header changed and the data as it was. */
function withHeader(bytes: Uint8Array, change: (header: string) => string): Uint8Array<ArrayBuffer> {
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true))
  const header = new TextEncoder().encode(change(new TextDecoder().decode(bytes.subarray(8, 8 + length))))
  const changed = new Uint8Array(8 + header.length + bytes.length - 8 - length)
  new DataView(changed.buffer).setBigUint64(0, BigInt(header.length), true)
  changed.set(header, 8)
  changed.set(bytes.subarray(8 + length), 8 + header.length)
  return changed
}

describe('a packed file', () => {
  it('is as long as announced and gives everything back', async () => {
    const { linears, report, size, bytes } = await tinyFile()
    expect(bytes.length).toBe(size)
    const { source, model } = await open(bytes)
    expect(await allLinears(model)).toEqual(linears)
    expect(model.report).toEqual(report)
    expect(source.provenance.kind).toBe('bitloom')
    expect(source.config).toEqual({ architectures: ['LlamaForCausalLM'], hidden_size: 20 })
    const original = await tinyCheckpoint()
    expect(source.files).toEqual(original.files)
    for (const name of [
      'model.embed_tokens.weight',
      'model.norm.weight',
      'model.flag',
      'model.layers.0.mlp.up_proj.bias',
    ]) {
      const [copy, entry] = [source.tensors.get(name)!, original.tensors.get(name)!]
      expect([copy.dtype, copy.shape]).toEqual([entry.dtype, entry.shape])
      expect(await copy.read()).toEqual(await entry.read())
    }
    expect(source.tensors.has('model.layers.0.mlp.up_proj.weight')).toBe(false)
  })

  it('of the first version opens: two or three lanes without names', async () => {
    const linears = tinyLinears()
    const report = tinyReport(linears)
    const modules = report.modules.map((module) => ({
      ...{ ...module, training: null, graph: null, published: null, grouping: null, flips: null, reconstruction: null },
      columns: { ...module.columns, factor: null, norm: null, salient: null },
    }))
    const written = await collect(
      writeBitloom(await tinyCheckpoint(), heldLinears(linears), { ...report, modules }).chunks,
    )
    const first = withHeader(written, (header) =>
      header
        .replace('"bitloom.version":"3"', '"bitloom.version":"1"')
        .replaceAll(/,\\"lanes\\":\[[^\]]*\],\\"training\\":null,\\"graph\\":null/g, '')
        .replaceAll(/,\\"(published|grouping|flips|reconstruction)\\":null/g, ''),
    )
    expect(new TextDecoder().decode(first)).not.toContain('lanes')
    const { model } = await open(first)
    expect(model.report.modules).toEqual(modules)
  })

  it('of the second version opens: nothing published, no grouping', async () => {
    const linears = tinyLinears()
    const report = tinyReport(linears)
    const modules = report.modules.map((module) => ({ ...module, published: null, grouping: null }))
    const written = await collect(
      writeBitloom(await tinyCheckpoint(), heldLinears(linears), { ...report, modules }).chunks,
    )
    const second = withHeader(written, (header) =>
      header
        .replace('"bitloom.version":"3"', '"bitloom.version":"2"')
        .replaceAll(/,\\"(published|grouping)\\":null/g, ''),
    )
    expect(new TextDecoder().decode(second)).not.toContain('grouping')
    const { model } = await open(second)
    expect(model.report.modules).toEqual(modules)
    expect(await allLinears(model)).toEqual(linears)
  })

  it('refuses edges among sampled magnitudes that leave them', async () => {
    const linears = tinyLinears()
    const report = tinyReport(linears)
    const [up, down, q] = report.modules
    const sample = { ...down!.grouping!.sample!, to: Uint32Array.of(1, 2, 6) }
    const outside = { ...down!, grouping: { ...down!.grouping!, sample } }
    const written = writeBitloom(await tinyCheckpoint(), heldLinears(linears), {
      ...report,
      modules: [up!, outside, q!],
    })
    await expect(open(await collect(written.chunks))).rejects.toThrow(/edges among 6 sampled magnitudes/)
  })

  it('refuses a graph that leads out of its matrix', async () => {
    const linears = tinyLinears()
    const report = tinyReport(linears)
    const [up, down, q] = report.modules
    const outside = { ...down!, graph: { ...down!.graph!, to: Uint32Array.of(1, 3) } }
    const written = writeBitloom(await tinyCheckpoint(), heldLinears(linears), {
      ...report,
      modules: [up!, outside, q!],
    })
    await expect(open(await collect(written.chunks))).rejects.toThrow(/graph among 33 columns/)
  })

  it('knows its bits from sizes alone', async () => {
    const { linears, bytes } = await tinyFile()
    const { model } = await open(bytes)
    expect(model.bits).toEqual(sumBits(linears.map((l) => ({ bits: effectiveBits(l), weights: l.out * l.in }))))
  })

  it('is the same file when written again from itself', async () => {
    const { linears, report, bytes } = await tinyFile()
    const { source } = await open(bytes)
    expect(await collect(writeBitloom(source, heldLinears(linears), report).chunks)).toEqual(bytes)
  })

  it('holds any linear', async () => {
    const source = await tinyCheckpoint()
    const holds = async ({ linear }: { linear: QuantizedLinear }) => {
      const { model } = await open(
        await collect(writeBitloom(source, heldLinears([linear]), tinyReport([linear])).chunks),
      )
      expect(await model.linear(linear.name)).toEqual(linear)
    }
    await fc.assert(fc.asyncProperty(anyAffine, holds), { numRuns: 40 })
    await fc.assert(fc.asyncProperty(anyRuled, holds), { numRuns: 30 })
    await fc.assert(fc.asyncProperty(anySign, holds), { numRuns: 40 })
  })

  it('counts as bits what it stores of any linear, byte for byte', async () => {
    const source = await tinyCheckpoint()
    const holds = async ({ linear }: { linear: QuantizedLinear }) => {
      const opened = await open(await collect(writeBitloom(source, heldLinears([linear]), tinyReport([linear])).chunks))
      const parts = [...opened.source.tensors.values()].filter(({ name }) => name.startsWith(`${linear.name}.`))
      const stored = parts.reduce((sum, { bytes }) => sum + bytes, 0)
      const { total } = effectiveBits(linear)
      expect((total * linear.out * linear.in) / 8).toBeCloseTo(stored, 6)
      expect(opened.model.bits.total).toBeCloseTo(total, 12)
    }
    await fc.assert(fc.asyncProperty(anyAffine, holds), { numRuns: 30 })
    await fc.assert(fc.asyncProperty(anySign, holds), { numRuns: 30 })
  })
})

describe('a linear with a rule', () => {
  const shape = { out: 5, zeroBits: 3, groupSize: 4, grid: 'range', seed: 2, rule: 'shared' } as const
  const widths = Array.from({ length: 20 }, (_, i): Width => ([1, 2, 4, 1] as const)[i % 4]!)
  const { linear } = ruledSample({ ...shape, widths })
  const written = async (linears: QuantizedLinear[] = [linear]) =>
    collect(writeBitloom(await tinyCheckpoint(), heldLinears(linears), tinyReport(linears)).chunks)

  it('has widths in the file instead of an order and groups, which come back', async () => {
    const { source, model } = await open(await written())
    const names = [...source.tensors.keys()].filter((name) => name.startsWith('ruled.'))
    expect(names.sort()).toEqual(['ruled.codes', 'ruled.min', 'ruled.range', 'ruled.widths'])
    expect(source.tensors.get('ruled.widths')).toMatchObject({ dtype: 'U32', shape: [2] })
    expect(await model.linear('ruled')).toEqual(linear)
    expect(linear).toMatchObject({ perm: expect.anything(), groupOf: expect.anything() })
  })

  it('stands beside one whose order and groups are stated', async () => {
    const { rule, ...explicit } = linear
    const stated = { ...explicit, name: 'stated' }
    const { source, model } = await open(await written([linear, stated]))
    expect(source.tensors.has('stated.perm') && source.tensors.has('stated.group')).toBe(true)
    expect(await allLinears(model)).toEqual([linear, stated])
    const other = affineSample({ ...shape, columns: 20, widths: [[4, 1]], permuted: true, named: true }).linear
    expect(await allLinears((await open(await written([other]))).model)).toEqual([other])
  })

  const changes: [string, (header: string) => string, RegExp][] = [
    ['an unknown rule', (h) => h.replace('\\"rule\\":\\"shared', '\\"rule\\":\\"chance'), /bitloom.linears: .*rule/],
    [
      'a rule and an order',
      (h) => h.replace('\\"permuted\\":false', '\\"permuted\\":true'),
      /no perm and no group beside rule/,
    ],
    [
      'a rule and groups',
      (h) => h.replace('\\"named\\":false', '\\"named\\":true'),
      /no perm and no group beside rule/,
    ],
    [
      'falling widths',
      (h) => h.replace('{\\"bits\\":2', '{\\"bits\\":8'),
      /segments of growing width, .* got widths 1,8,4/,
    ],
    ['other groups', (h) => h.replace('\\"groups\\":6', '\\"groups\\":8'), /groups of 4 to cover 20 columns, got 8/],
    [
      'groups by another rule',
      (h) => h.replace('\\"rule\\":\\"shared', '\\"rule\\":\\"width'),
      /to cover 20 columns, got 6/,
    ],
    ['groups of nothing', (h) => h.replace('\\"groupSize\\":4', '\\"groupSize\\":0'), /groups of 0/],
    ['no widths', (h) => h.replace('"ruled.widths"', '"ruled.waists"'), /ruled.widths: expected U32 \[2\], got none/],
    [
      'more columns than widths',
      (h) => h.replace('\\"in\\":20', '\\"in\\":22').replace('4,\\"columns\\":5', '4,\\"columns\\":7'),
      /ruled.widths: expected U32 \[3\], got U32 \[2\]/,
    ],
  ]
  it.each(changes)('is refused with %s', async (_, change, message) => {
    const bytes = await written()
    const changed = withHeader(bytes, change)
    expect(changed).not.toEqual(bytes)
    await expect(open(changed)).rejects.toThrow(message)
    await expect(open(changed)).rejects.toThrow(FormatError)
  })

  it('is refused when its widths are not those of its segments', async () => {
    const bytes = await written()
    const words = new Uint8Array(arraysOf(linear).widths!.buffer)
    bytes[Buffer.from(bytes.buffer).indexOf(words)]! ^= 1
    const { model } = await open(bytes)
    const message =
      'expected widths of 10 of 1 bits, 5 of 2 bits, 5 of 4 bits, got 9 of 1 bits, 6 of 2 bits, 5 of 4 bits'
    await expect(model.linear('ruled')).rejects.toThrow(message)
    await expect(model.linear('ruled')).rejects.toThrow(FormatError)
  })
})

describe('readBitloom refuses', () => {
  it('a checkpoint', async () => {
    await expect(readBitloom(await tinyCheckpoint())).rejects.toThrow(/quantize it first/)
  })

  const changes: [string, (header: string) => string, RegExp][] = [
    ['another version', (h) => h.replace('"bitloom.version":"3"', '"bitloom.version":"4"'), /version 1, 2, 3, got "4"/],
    ['no version', (h) => h.replace('"bitloom.version"', '"bitloom.vershun"'), /version 1, 2, 3, got null/],
    [
      'no list of linears',
      (h) => h.replace('"bitloom.linears"', '"bitloom.linear"'),
      /bitloom.linears: expected JSON, got none/,
    ],
    [
      'a report that is no JSON',
      (h) => h.replace('"bitloom.report":"{', '"bitloom.report":"['),
      /bitloom.report: expected JSON/,
    ],
    ['a method of another kind', (h) => h.replace('\\"kind\\":\\"affine\\"', '\\"kind\\":\\"codebook\\"'), /kind/],
    ['9 bits', (h) => h.replace('\\"bits\\":4', '\\"bits\\":9'), /bitloom.linears/],
    [
      'a matrix larger than its codes',
      (h) => h.replace('\\"out\\":3,', '\\"out\\":4,'),
      /up_proj.codes: expected U32 \[16\], got U32 \[12\]/,
    ],
    ['an absurd matrix', (h) => h.replace('\\"out\\":3,', '\\"out\\":4000000000000000,'), /1 to 2\^32 weights/],
    [
      'a linear without its codes',
      (h) => h.replace('up_proj.codes', 'up_proj.kodes'),
      /up_proj.codes: expected U32 \[12\], got none/,
    ],
    [
      'a module twice in the report',
      (h) => h.replace('\\"name\\":\\"model.layers.0.mlp.down_proj', '\\"name\\":\\"model.layers.0.mlp.up_proj'),
      /name twice/,
    ],
    [
      'a lane twice',
      (h) => h.replace('\\"error\\",\\"hessian\\"', '\\"error\\",\\"error\\"'),
      /lanes with bits and error, each once, got bits, error, error/,
    ],
    [
      'a reconstruction of other length',
      (h) => h.replace('\\"reconstruction\\":4', '\\"reconstruction\\":5'),
      /reconstruction\/model.layers.0.self_attn.q_proj: expected F32 \[4,5\], got F32 \[4,4\]/,
    ],
    [
      'a training of other length',
      (h) => h.replace('\\"training\\":5', '\\"training\\":6'),
      /training\/model.layers.0.mlp.down_proj: expected F32 \[7,6\], got F32 \[7,5\]/,
    ],
    [
      'a grouping of other length',
      (h) => h.replace('\\"counts\\":5},\\"sample\\":{\\"values\\":6', '\\"counts\\":5},\\"sample\\":{\\"values\\":7'),
      /grouping\/model.layers.0.mlp.down_proj.values: expected F32 \[7\], got F32 \[6\]/,
    ],
    [
      'a plain weight beside the codes',
      (h) => h.replace('"model.layers.0.mlp.up_proj.bias"', '"model.layers.0.mlp.up_proj.weight"'),
      /got both/,
    ],
  ]
  it.each(changes)('%s', async (_, change, message) => {
    const { bytes } = await tinyFile()
    const changed = withHeader(bytes, change)
    expect(changed).not.toEqual(bytes)
    await expect(open(changed)).rejects.toThrow(message)
    await expect(open(changed)).rejects.toThrow(FormatError)
  })

  it('a permutation that names a column twice, when the linear is asked for', async () => {
    const { bytes, linears } = await tinyFile()
    const { source } = await open(bytes)
    const perm = await source.tensors.get('model.layers.0.mlp.down_proj.perm')!.read()
    const at = Buffer.from(bytes.buffer).indexOf(perm)
    bytes.copyWithin(at, at + 4, at + 8)
    const { model } = await open(bytes)
    await expect(model.linear('model.layers.0.mlp.down_proj')).rejects.toThrow(/perm to name each of 33 columns once/)
    expect(await model.linear('model.layers.0.mlp.up_proj')).toEqual(linears[0])
    await expect(model.linear('toString')).rejects.toThrow(FormatError)
  })

  it('or opens each of 250 damaged files, and never fails otherwise', async () => {
    const widths = Array.from({ length: 33 }, (_, i): Width => (i % 3 ? 2 : 5))
    const shape = { out: 20, zeroBits: 3, groupSize: 8, grid: 'range', seed: 2, rule: 'width' } as const
    const linears = [...tinyLinears(), ruledSample({ ...shape, widths }).linear, signs]
    const bytes = await collect(writeBitloom(await tinyCheckpoint(), heldLinears(linears), tinyReport(linears)).chunks)
    const headerEnd = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true))
    const places = fc.oneof(
      { arbitrary: fc.nat(headerEnd - 1), weight: 3 },
      { arbitrary: fc.nat(bytes.length - 1), weight: 1 },
    )
    const damage = fc.record({
      edits: fc.array(fc.tuple(places, fc.oneof(fc.nat(255), fc.integer({ min: 0x30, max: 0x39 }))), { maxLength: 4 }),
      keep: fc.option(fc.nat(bytes.length), { freq: 5 }),
    })
    let refused = 0
    const holds = async ({ edits, keep }: { edits: [number, number][]; keep: number | null }) => {
      const damaged = bytes.slice(0, keep ?? bytes.length)
      for (const [at, value] of edits) if (at < damaged.length) damaged[at] = value
      try {
        await allLinears((await open(damaged)).model)
      } catch (error) {
        if (!(error instanceof FormatError)) throw error
        refused++
      }
    }
    await fc.assert(fc.asyncProperty(damage, holds), { numRuns: 250 })
    expect(refused).toBeGreaterThan(50)
  })
})

describe('carriedTensors', () => {
  it('passes a large tensor through in parts of at most 16 MiB', async () => {
    const rowBytes = 5 * 2 ** 20
    const reads: number[] = []
    const read: TensorEntry['read'] = async (rows) => {
      const length = (rows ? rows.end - rows.start : 7) * rowBytes
      reads.push(length)
      return new Uint8Array(length)
    }
    const entry: TensorEntry = { name: 'big', dtype: 'U8', shape: [7, rowBytes], bytes: 7 * rowBytes, read }
    const source = {
      tensors: new Map([['big', entry]]),
      provenance: { kind: 'hf-checkpoint' },
    } as unknown as ModelSource
    let total = 0
    for await (const chunk of carriedTensors(source, [])[0]!.data() as AsyncIterable<Uint8Array>) total += chunk.length
    expect(total).toBe(entry.bytes)
    expect(reads).toEqual([3 * rowBytes, 3 * rowBytes, rowBytes])
  })
})

describe('packedFileName', () => {
  it('says model, method and bits in characters that every file system takes', () => {
    expect(packedFileName(tinyReport([]))).toBe('tiny-one-gptq-4.25bpw.bitloom.safetensors')
    const report = tinyReport([])
    const hyphened = { ...report, recipe: { ...report.recipe, method: 'mg-ptq' } }
    expect(packedFileName(hyphened)).toBe('tiny-one-mgptq-4.25bpw.bitloom.safetensors')
  })
})
