import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { version } from '../package.json'
import { type Ended, nano, nanoWith, runHere, sample, scratch } from '../test/cli'
import { readArguments } from './args'
import { commands } from './commands'

const folder = scratch()

describe('help', () => {
  it('is on standard output', async () => {
    for (const asks of [['--help'], ['-h'], ['help']]) {
      const { code, stdout, stderr } = await runHere(...asks)
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      for (const name of ['inspect', 'quantize', 'eval', 'compare', 'generate', 'export', 'verify', 'bench'])
        expect(stdout).toMatch(new RegExp(`^ {2}${name} `, 'm'))
    }
  })

  it('of a command names every flag with its default', async () => {
    const { code, stdout } = await runHere('quantize', '--help')
    expect(code).toBe(0)
    for (const line of [
      /--method mg-ptq\|tesseraq\|sage\|sage-plus\|gptq\|awq\|omniquant\|billm\|pb-llm\|rtn .*Default: gptq\./,
      /--bits X .*MG-PTQ: .*Default: 2\.5\. TesseraQ: .*Default: 2\. GPTQ, AWQ, OmniQuant, RTN: .*Default: 4\.$/m,
      /--group-size -1\|32\|64\|128.* .*-1 is per row.*Default: 128\./,
      /--act-order .*GPTQ only/,
      /--damping X .*Default: 0\.01\./,
      /--samples S .*Default: 128\./,
      /--seq-len L .*Default: 512\./,
      /--pick first\|random .*Default: first\./,
      /--seed K .*Default: 0\./,
      /--out FILE .*Needed\./,
    ])
      expect(stdout).toMatch(line)
    expect((await runHere('help', 'quantize')).stdout).toBe(stdout)
  })

  it('leaves the version to --version', async () => {
    expect(await runHere('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
  })
})

describe('a command line that is not understood', () => {
  const quantize = ['quantize', nano, '--out', join(folder, 'never.safetensors')]
  const evaluate = ['eval', nano, '--text', 'text.txt']
  const compare = ['compare', nano, '--text', 'text.txt']
  it.each<[says: RegExp, ...args: string[]]>([
    [/expected a command out of pull, inspect, .*got none/],
    [/expected a command out of .*got 'quantise'/, 'quantise', nano],
    [/inspect: expected PATH, got none/, 'inspect'],
    [/inspect: expected PATH, got '.*' 'more'/, 'inspect', nano, 'more'],
    [/bench: expected only flags, got 'fast'/, 'bench', 'fast'],
    [/inspect: Unknown option '--fast'/, 'inspect', nano, '--fast'],
    [/quantize: --out: expected a value, got none/, 'quantize', nano],
    [/--method: expected mg-ptq, .* or rtn, got 'nearest'/, ...quantize, '--method', 'nearest'],
    [/--bits: expected a number from 1 to 8, got '9'/, ...quantize, '--bits', '9'],
    [/option 'bits' of gptq: .*\(got 4\.5\)/, ...quantize, '--bits', '4.5'],
    [/--group-size: expected -1, 32, 64, 128.*, got '100'/, ...quantize, '--group-size', '100'],
    [/--group-size: expected .*, got '-2'/, ...quantize, '--group-size', '-2'],
    [/--damping: expected a number from 0\.0001 to 1, got '2'/, ...quantize, '--damping', '2'],
    [/--samples: expected a whole number from 1 to 65536, got '0'/, ...quantize, '--samples', '0'],
    [/--samples: expected a whole number .*, got 'many'/, ...quantize, '--samples', 'many'],
    [/--seq-len: expected a whole number .*, got '12\.5'/, ...quantize, '--seq-len', '12.5'],
    [/--seed: expected a whole number .*, got '-1'/, ...quantize, '--seed', '-1'],
    [/--pick: expected first or random, got 'last'/, ...quantize, '--pick', 'last'],
    [/--act-order: expected an option of rtn/, ...quantize, '--method', 'rtn', '--act-order'],
    [/--calibration: expected a text for gptq, got none/, ...quantize],
    [/eval: --protocol: .*windows:L.*got 'wikitext'/, ...evaluate, '--protocol', 'wikitext'],
    [/compare: --protocol: .*windows:L.*got 'wikitext'/, ...compare, '--protocol', 'wikitext'],
    [/compare: --text: expected a value, got none/, 'compare', nano],
    [/compare: --calibration: expected a text for gptq, got none/, ...compare],
    [/compare: --act-order: expected an option of rtn/, ...compare, '--sweep', 'method=gptq,rtn', '--act-order'],
    [/--max-tokens: expected a whole number from 1/, ...evaluate, '--max-tokens', '0'],
    [/generate: --kv: expected f32 or f16, got 'f8'/, 'generate', nano, '--prompt', 'a', '--kv', 'f8'],
    [/generate: --system: expected --chat beside it/, 'generate', nano, '--prompt', 'a', '--system', 'b'],
    [/--max-new-tokens: expected a whole number from 1/, 'generate', nano, '--prompt', 'a', '--max-new-tokens', '0'],
    [/eval: expected --text FILE or --task FILE, got neither/, 'eval', nano],
    [/eval: expected --text FILE or --task FILE, got both/, ...evaluate, '--task', 'piqa.jsonl'],
    [/eval: --limit: expected with --task only/, ...evaluate, '--limit', '3'],
    [/eval: --max-tokens: expected with --text only/, 'eval', nano, '--task', 'piqa.jsonl', '--max-tokens', '9'],
    [/--limit: expected a whole number from 1/, 'eval', nano, '--task', 'piqa.jsonl', '--limit', '0'],
    [
      /--format: expected packed, gguf, .*compressed-tensors, got 'onnx'/,
      'export',
      nano,
      '--format',
      'onnx',
      '--out',
      folder,
    ],
    [/--sizes: expected whole numbers .*got '512,x'/, 'bench', '--sizes', '512,x'],
  ])('ends with 2 and says %s', async (says, ...args) => {
    const { code, stdout, stderr } = await runHere(...args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr.split('\n', 1)[0]).toMatch(says)
    // the usage of the command, or of all of them
    expect(stderr).toMatch(/\n\nbitloom (COMMAND|inspect|quantize|eval|compare|generate|export|bench) /)
  })
})

describe('the README', () => {
  it('shows command lines that are understood', () => {
    const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8').replaceAll('\\\n', ' ')
    const lines = [...readme.matchAll(/^npm run bitloom -- (\w+) (.*)$/gm)]
    expect(lines.map(([, name]) => name)).toEqual([
      'inspect',
      'quantize',
      'quantize',
      'eval',
      'eval',
      'compare',
      'generate',
      'export',
      'export',
      'verify',
    ])
    for (const [, name, rest] of lines) {
      const words = [...rest!.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!)
      const known = commands.find((candidate) => candidate.name === name)!
      expect(readArguments(known, words).positionals).toHaveLength(known.positionals.length)
    }
  })
})

describe('input that cannot be used', () => {
  const weights = readFileSync(join(nano, 'model.safetensors'))
  const headerBytes = Number(weights.readBigUInt64LE(0))
  const header = weights.subarray(8, 8 + headerBytes).toString()
  const config = JSON.parse(readFileSync(join(nano, 'config.json'), 'utf8')) as Record<string, unknown>
  const withHeader = (text: string) =>
    Buffer.concat([weights.subarray(0, 8), Buffer.from(text.padEnd(headerBytes)), weights.subarray(8 + headerBytes)])
  const withLength = (length: bigint) => {
    const copy = Buffer.from(weights)
    copy.writeBigUInt64LE(length, 0)
    return copy
  }
  const png = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')
  const pickle = Buffer.from('8002636e756d7079', 'hex')
  const model = 'model.safetensors'
  const json = (changes: Record<string, unknown>) => JSON.stringify({ ...config, ...changes })
  const index = JSON.stringify({ weight_map: { 'model.norm.weight': 'model-00001-of-00002.safetensors' } })

  it.each<[what: string, says: RegExp, changes: Record<string, string | Uint8Array | null>]>([
    ['a truncated file', /model\.safetensors: expected .*got/, { [model]: weights.subarray(0, 1_000_000) }],
    ['a file cut in its header', /model\.safetensors: expected/, { [model]: weights.subarray(0, 500) }],
    ['an empty file', /got an empty file/, { [model]: '' }],
    ['an image under the name of the weights', /PNG image/, { [model]: png }],
    ['a pickle under the name of the weights', /pickle.*safetensors/, { [model]: pickle }],
    ['a header longer than the file', /model\.safetensors: expected/, { [model]: withLength(1n << 40n) }],
    ['a header cut short', /model\.safetensors: expected/, { [model]: withLength(BigInt(headerBytes - 9)) }],
    ['a header that is no JSON', /model\.safetensors: expected/, { [model]: withHeader(header.replace('{', '[')) }],
    [
      'tensors that overlap',
      /tensors may not overlap/,
      {
        [model]: withHeader(
          header.replace(/"data_offsets":\[(\d+),(\d+)\](?!.*"data_offsets")/s, (all) =>
            '"data_offsets":[0,128]'.padEnd(all.length),
          ),
        ),
      },
    ],
    [
      'a shape that does not fit its bytes',
      /expected 1032192 bytes for F16/,
      { [model]: withHeader(header.replace('[8192,64]', '[8192,63]')) },
    ],
    ['a dtype that holds no weights', /got I16/, { [model]: withHeader(header.replaceAll('"F16"', '"I16"')) }],
    [
      'another model’s config',
      /tensor .*: expected \[.*got \[.* — /,
      { 'config.json': json({ intermediate_size: 256 }) },
    ],
    ['another model’s vocabulary', /expected at most 4096 ids/, { 'config.json': json({ vocab_size: 4096 }) }],
    ['a layer too many', /tensor model\.layers\.4.*got none/, { 'config.json': json({ num_hidden_layers: 5 }) }],
    ['no config', /expected config\.json beside model\.safetensors/, { 'config.json': null }],
    ['no tokenizer', /expected tokenizer\.json beside/, { 'tokenizer.json': null }],
    ['no weights', /expected model\.safetensors beside/, { [model]: null }],
    ['a config that is no JSON', /config\.json: expected a JSON object/, { 'config.json': '{' }],
    ['a tokenizer that is no JSON', /tokenizer\.json: expected/, { 'tokenizer.json': 'hello' }],
    [
      'an index of a shard that is missing',
      /expected model-00001-of-00002\.safetensors/,
      { [model]: null, 'model.safetensors.index.json': index },
    ],
    [
      'one shard of two',
      /expected model-00002-of-00002\.safetensors/,
      { [model]: null, 'model-00001-of-00002.safetensors': weights },
    ],
    [
      'another architecture',
      /architectures.*got .*MambaForCausalLM/,
      { 'config.json': json({ architectures: ['MambaForCausalLM'] }) },
    ],
    [
      'a model quantized by others',
      /quantization_config/,
      { 'config.json': json({ quantization_config: { quant_method: 'awq' } }) },
    ],
    ['another activation', /hidden_act.*gelu/, { 'config.json': json({ hidden_act: 'gelu' }) }],
    [
      'a head size that does not divide',
      /config\.json/,
      { 'config.json': json({ num_attention_heads: 5, head_dim: null }) },
    ],
  ])('%s: one line with a remedy, exit code 1', async (_, says, changes) => {
    expectRefusal(await runHere('eval', nanoWith(folder, changes), '--text', sample(folder, 'moby-dick', 1000)), says)
  })

  const image = join(folder, 'cat.png')
  const empty = join(folder, 'empty')
  const gguf = join(folder, 'model.gguf')
  const taken = join(folder, 'taken.safetensors')
  const text = sample(folder, 'moby-dick', 1000)
  const badTask = join(folder, 'bad.jsonl')
  writeFileSync(badTask, '{"context": "The sea", "continuation": "rose"}\nso\n')
  writeFileSync(image, png)
  writeFileSync(gguf, 'GGUF\x03\0\0\0')
  writeFileSync(taken, 'mine')
  mkdirSync(empty)
  const fresh = join(folder, 'fresh.safetensors')

  it.each<[what: string, says: RegExp, ...args: string[]]>([
    ['an image for a model', /PNG image/, 'inspect', image],
    ['a GGUF file that ends early', /model\.gguf: .*cut short/, 'inspect', gguf],
    ['an empty folder', /got no files/, 'inspect', empty],
    ['a path that is not there', /expected a model folder or file, got 'ENOENT'/, 'inspect', join(folder, 'nothing')],
    ['a text that is not there', /expected a text file, got 'ENOENT'/, 'eval', nano, '--text', join(folder, 'nothing')],
    ['a folder for a text', /expected a text file, got 'EISDIR'/, 'eval', nano, '--text', empty],
    ['a task that is not there', /expected a file, got 'ENOENT'/, 'eval', nano, '--task', join(folder, 'nothing')],
    ['a folder for a task', /expected a task's \.jsonl file, got a folder/, 'eval', nano, '--task', empty],
    ['an image for a task', /cat\.png: expected lines of JSON in UTF-8/, 'eval', nano, '--task', image],
    ['a bad line of a task', /bad\.jsonl, line 2: expected a JSON object, got 'so'/, 'eval', nano, '--task', badTask],
    ['an image for a text', /cat\.png: expected text in UTF-8/, 'eval', nano, '--text', image],
    ['a checkpoint to export', /expected a packed file, got a checkpoint/, 'export', nano, '--out', join(folder, 'f')],
    ['a recipe that is none', /expected a recipe in JSON/, 'quantize', nano, '--recipe', text, '--out', fresh],
    [
      'an output that exists',
      /'.*taken\.safetensors', which exists — add --force/,
      'quantize',
      nano,
      '--method',
      'rtn',
      '--out',
      taken,
    ],
    [
      'an output that is a folder, forced',
      /which exists/,
      'quantize',
      nano,
      '--method',
      'rtn',
      '--out',
      empty,
      '--force',
    ],
    ['an exported folder that exists', /which exists/, 'export', nano, '--out', empty],
    [
      'an output inside a file',
      /expected to write .* got 'E(NOTDIR|EXIST)'/,
      'quantize',
      nano,
      '--method',
      'rtn',
      '--out',
      join(taken, 'x'),
    ],
  ])('%s: one line with a remedy, exit code 1', async (_, says, ...args) => {
    expectRefusal(await runHere(...args), says)
    expect(readFileSync(taken, 'utf8')).toBe('mine')
    expect(readdirSync(empty)).toEqual([])
    expect(existsSync(fresh)).toBe(false)
  })
})

function expectRefusal({ code, stdout, stderr }: Ended, says: RegExp): void {
  expect(stderr).toMatch(says)
  expect(stderr).toMatch(/^bitloom: [^\n]+ — [^\n]+\n$/)
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
}
