import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runHere, scratch } from '../test/cli'
import { FORMATS, quantizedFolder } from '../test/quantized-folder'

const folder = scratch()
const path = (name: string) => join(folder, name)

/** A model of one block, quantized, as a GPTQ folder on disk. */
async function start(name: string): Promise<string> {
  mkdirSync(path(name))
  for (const [file, bytes] of (await quantizedFolder(FORMATS.gptq)).files) writeFileSync(join(path(name), file), bytes)
  return path(name)
}

describe('export and verify', () => {
  it('take a model from format to format without changing a weight', async () => {
    const first = await start('first')
    const made = [first]
    for (const format of ['packed', 'gptq', 'gptq-v2', 'compressed-tensors', 'fp16', 'bf16']) {
      const out = path(format === 'packed' ? 'tiny.bitloom.safetensors' : format)
      // each from the one before, as far as it keeps codes
      const from = made.at(format === 'bf16' ? -2 : -1)!
      const { code, stderr } = await runHere('export', from, '--format', format, '--out', out)
      expect([format, code, stderr.includes('note: ')]).toEqual([
        format,
        0,
        !['packed', 'fp16', 'bf16'].includes(format),
      ])
      made.push(out)
    }
    const { code, stdout } = await runHere('verify', ...made)
    expect(stdout.split('\n').map((line) => line.replace(folder, '').split(/ {2,}/).slice(0, 5).join(' '))).toEqual([
      'export format held as tensors different',
      ...['/tiny.bitloom.safetensors bitloom codes', '/gptq gptq codes', '/gptq-v2 gptq codes'].map((l) => `${l} 11 0`),
      ...['/compressed-tensors compressed-tensors codes', '/fp16 hf-checkpoint F16', '/bf16 hf-checkpoint BF16'].map(
        (line) => `${line} 11 0`,
      ),
      '',
    ])
    expect(code).toBe(0)
    const config = (name: string) => JSON.parse(readFileSync(join(path(name), 'config.json'), 'utf8'))
    expect(config('gptq')).toEqual(JSON.parse(readFileSync(join(first, 'config.json'), 'utf8')))
    expect(config('fp16')).not.toHaveProperty('quantization_config')
    expect(JSON.parse(readFileSync(join(path('gptq-v2'), 'quantize_config.json'), 'utf8'))).toEqual(
      config('gptq-v2').quantization_config,
    )
    expect(readdirSync(path('compressed-tensors')).sort()).toEqual([
      'config.json',
      'model.safetensors',
      'tokenizer.json',
    ])
  })

  it('end with 1 where a weight is another', async () => {
    const good = await start('good')
    const bad = await start('bad')
    const file = join(bad, 'model.safetensors')
    const bytes = readFileSync(file)
    // the last scale of the last matrix
    bytes[bytes.length - 1]! ^= 0x80
    writeFileSync(file, bytes)
    const { code, stdout } = await runHere('verify', good, good, bad)
    expect(code).toBe(1)
    expect(stdout).toMatch(
      /good .* 11 +0 +0 +equal\n.*bad .* 11 +1 +\d\.\d+e[+-]\d+ +DIFFERENT\n.*bad: model\..*\.weight differs\n$/,
    )
    const { exports } = JSON.parse((await runHere('verify', good, bad, '--json')).stdout)
    expect(exports).toMatchObject([{ kind: 'gptq', passed: false, perplexity: null, verification: { different: 1 } }])
  })

  it.each<[says: RegExp, ...args: string[]]>([
    [/verify: expected PACKED EXPORT…, got 'x'/, 'verify', 'x'],
    [/verify: --max-tokens: expected with --text only/, 'verify', 'x', 'y', '--max-tokens', '5'],
  ])('end with 2 and say %s', async (says, ...args) => {
    const { code, stderr } = await runHere(...args)
    expect([code, stderr]).toEqual([2, expect.stringMatching(says)])
  })
})
