#!/usr/bin/env node
/**
 * A checkpoint of a known model's true shapes with random weights, for runs whose cost is of interest and not their result:
 *
 *     node bench/synthetic-checkpoint.mjs llama-3-8b /tmp/llama-3-8b --layers 2
 *
 * Sharded bfloat16 safetensors, a small tokenizer and a text for calibration; written as a stream, the same bytes for the
 * same seed. `--sparse` leaves out the weights: the files are holes, good for `bitloom inspect` alone.
 */
import { closeSync, ftruncateSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const llama = { model_type: 'llama', architectures: ['LlamaForCausalLM'], hidden_act: 'silu', rms_norm_eps: 1e-5 }
const common = { torch_dtype: 'bfloat16', bos_token_id: 0, eos_token_id: 1 }

/** config.json of the models, as their authors publish them where it is a matter of shape. */
export const SHAPES = {
  'llama-3.2-1b': {
    ...{ ...llama, ...common, vocab_size: 128256, hidden_size: 2048, intermediate_size: 8192, num_hidden_layers: 16 },
    ...{ num_attention_heads: 32, num_key_value_heads: 8, head_dim: 64, rope_theta: 500000 },
    ...{ max_position_embeddings: 131072, tie_word_embeddings: true },
  },
  'llama-3-8b': {
    ...{ ...llama, ...common, vocab_size: 128256, hidden_size: 4096, intermediate_size: 14336, num_hidden_layers: 32 },
    ...{ num_attention_heads: 32, num_key_value_heads: 8, head_dim: 128, rope_theta: 500000 },
    ...{ max_position_embeddings: 8192, tie_word_embeddings: false },
  },
  'mixtral-8x7b': {
    ...{ ...llama, ...common, model_type: 'mixtral', architectures: ['MixtralForCausalLM'], vocab_size: 32000 },
    ...{ hidden_size: 4096, intermediate_size: 14336, num_hidden_layers: 32, num_attention_heads: 32 },
    ...{ num_key_value_heads: 8, head_dim: 128, rope_theta: 1000000, max_position_embeddings: 32768 },
    ...{ num_local_experts: 8, num_experts_per_tok: 2, sliding_window: null, tie_word_embeddings: false },
  },
  // 1.5 · 10⁹ parameters in 16 blocks, 3 GB
  '3gb': {
    ...{ ...llama, ...common, vocab_size: 32000, hidden_size: 2048, intermediate_size: 12288, num_hidden_layers: 16 },
    ...{ num_attention_heads: 32, num_key_value_heads: 32, head_dim: 64, rope_theta: 10000 },
    ...{ max_position_embeddings: 4096, tie_word_embeddings: true },
  },
  // for a try without a GPU
  small: {
    ...{ ...llama, ...common, vocab_size: 4096, hidden_size: 512, intermediate_size: 1536, num_hidden_layers: 4 },
    ...{ num_attention_heads: 8, num_key_value_heads: 4, head_dim: 64, rope_theta: 10000 },
    ...{ max_position_embeddings: 4096, tie_word_embeddings: true },
  },
}

/** What a shard holds at most. */
const SHARD_BYTES = 2 ** 30
const CHUNK_VALUES = 2 ** 21

/** Writes the files of a shape into a folder; `layers` is how many blocks there are, all of the shape's unless given. */
export function writeCheckpoint(shape, folder, { layers, seed = 1, sparse = false } = {}) {
  const config = { ...SHAPES[shape], ...(layers && { num_hidden_layers: layers }) }
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config))
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer()))
  const shards = shardsOf(tensorsOf(config))
  const next = generator(seed)
  const map = {}
  let total = 0
  for (const [i, tensors] of shards.entries()) {
    const name = `model-${String(i + 1).padStart(5, '0')}-of-${String(shards.length).padStart(5, '0')}.safetensors`
    total += writeShard(join(folder, name), tensors, sparse ? null : next)
    for (const tensor of tensors) map[tensor.name] = name
  }
  const index = { metadata: { total_size: total }, weight_map: map }
  writeFileSync(join(folder, 'model.safetensors.index.json'), JSON.stringify(index))
  return total
}

/** So many tokens and a little more: words of random letters. */
export function calibrationText(tokens, seed = 2) {
  const random = integers(seed)
  let text = ''
  while (text.length < 3 * tokens) {
    const letters = 2 + (random() % 7)
    for (let i = 0; i < letters; i++) text += String.fromCharCode(97 + (random() % 26))
    text += ' '
  }
  return text
}

function* tensorsOf(config) {
  const { vocab_size: vocab, hidden_size: hidden, intermediate_size: ffn, num_local_experts: experts } = config
  const [q, kv] = [config.num_attention_heads, config.num_key_value_heads].map((heads) => heads * config.head_dim)
  const std = (columns) => 1 / Math.sqrt(columns)
  const tensor = (name, shape, deviation) => ({ name: `${name}.weight`, shape, deviation })
  const matrix = (name, rows, columns) => tensor(name, [rows, columns], std(columns))
  yield tensor('model.embed_tokens', [vocab, hidden], 0.02)
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const at = (name) => `model.layers.${layer}.${name}`
    yield tensor(at('input_layernorm'), [hidden], 0)
    yield matrix(at('self_attn.q_proj'), q, hidden)
    yield matrix(at('self_attn.k_proj'), kv, hidden)
    yield matrix(at('self_attn.v_proj'), kv, hidden)
    yield matrix(at('self_attn.o_proj'), hidden, q)
    yield tensor(at('post_attention_layernorm'), [hidden], 0)
    if (experts) {
      yield matrix(at('block_sparse_moe.gate'), experts, hidden)
      for (let e = 0; e < experts; e++) {
        yield matrix(at(`block_sparse_moe.experts.${e}.w1`), ffn, hidden)
        yield matrix(at(`block_sparse_moe.experts.${e}.w2`), hidden, ffn)
        yield matrix(at(`block_sparse_moe.experts.${e}.w3`), ffn, hidden)
      }
    } else {
      yield matrix(at('mlp.gate_proj'), ffn, hidden)
      yield matrix(at('mlp.up_proj'), ffn, hidden)
      yield matrix(at('mlp.down_proj'), hidden, ffn)
    }
  }
  yield tensor('model.norm', [hidden], 0)
  if (!config.tie_word_embeddings) yield matrix('lm_head', vocab, hidden)
}

const countOf = (shape) => shape.reduce((product, n) => product * n, 1)

function shardsOf(tensors) {
  const shards = [[]]
  let bytes = 0
  for (const tensor of tensors) {
    const size = 2 * countOf(tensor.shape)
    if (bytes > 0 && bytes + size > SHARD_BYTES) {
      shards.push([])
      bytes = 0
    }
    bytes += size
    shards.at(-1).push(tensor)
  }
  return shards
}

function writeShard(path, tensors, next) {
  const header = {}
  let bytes = 0
  for (const { name, shape } of tensors) {
    const end = bytes + 2 * countOf(shape)
    header[name] = { dtype: 'BF16', shape, data_offsets: [bytes, end] }
    bytes = end
  }
  const text = JSON.stringify(header)
  const json = Buffer.from(text.padEnd(8 * Math.ceil(text.length / 8)))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(json.length))
  const file = openSync(path, 'w')
  writeSync(file, length)
  writeSync(file, json)
  if (next)
    for (const { shape, deviation } of tensors) {
      const level = levels(deviation)
      const count = countOf(shape)
      for (let first = 0; first < count; first += CHUNK_VALUES) {
        const values = new Uint16Array(Math.min(CHUNK_VALUES, count - first))
        for (let i = 0; i < values.length; i++) values[i] = level[next()]
        writeSync(file, values)
      }
    }
  else ftruncateSync(file, 8 + json.length + bytes)
  closeSync(file)
  return bytes
}

const tables = new Map()

/** bfloat16 of the quantiles of a normal distribution, 2¹⁶ of them; of deviation 0, ones. */
function levels(deviation) {
  let table = tables.get(deviation)
  if (table) return table
  const values = Float32Array.from({ length: 65536 }, (_, i) =>
    deviation ? deviation * quantile((i + 0.5) / 65536) : 1,
  )
  table = Uint16Array.from(new Uint32Array(values.buffer), (word) => (word + 0x8000) >>> 16)
  tables.set(deviation, table)
  return table
}

/** Of the normal distribution: half of 2u − 1 through the inverse error function (Winitzki 2008), to 2 ‰. */
function quantile(u) {
  const x = 2 * u - 1
  const log = Math.log(1 - x * x)
  const a = 2 / (Math.PI * 0.147) + log / 2
  return Math.SQRT2 * Math.sign(x) * Math.sqrt(Math.sqrt(a * a - log / 0.147) - a)
}

/** xorshift32. */
function integers(seed) {
  let state = (seed * 2654435761) >>> 0 || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state
  }
}

/** Two 16-bit numbers of each. */
function generator(seed) {
  const random = integers(seed)
  let [rest, there] = [0, false]
  return () => {
    there = !there
    if (!there) return rest
    const value = random()
    rest = value >>> 16
    return value & 65535
  }
}

/** Bytes, and all pairs of small letters. */
function tokenizer() {
  const bytes = [...byteLetters()]
  const small = Array.from({ length: 26 }, (_, i) => String.fromCharCode(97 + i))
  const pairs = small.flatMap((a) => small.map((b) => [a, b]))
  const tokens = ['<s>', '</s>', ...bytes, ...pairs.map((pair) => pair.join(''))]
  const special = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true }
  return {
    ...{ version: '1.0', truncation: null, padding: null, normalizer: null, post_processor: null },
    added_tokens: ['<s>', '</s>'].map((content, id) => ({ id, content, ...special })),
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      ...{ type: 'BPE', dropout: null, unk_token: null, continuing_subword_prefix: null, end_of_word_suffix: null },
      ...{ fuse_unk: false, byte_fallback: false },
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: pairs.map((pair) => pair.join(' ')),
    },
  }
}

/** The letters that stand for bytes in byte-level BPE (GPT-2): printable ones for themselves, the rest from 256 on. */
function* byteLetters() {
  let other = 256
  for (let byte = 0; byte < 256; byte++) {
    const printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174
    yield String.fromCharCode(printable ? byte : other++)
  }
}

if (process.argv[1] && import.meta.url.endsWith(process.argv[1].split('/').at(-1))) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      layers: { type: 'string' },
      seed: { type: 'string', default: '1' },
      tokens: { type: 'string', default: '16384' },
      sparse: { type: 'boolean', default: false },
    },
  })
  const [shape, folder] = positionals
  if (!(shape in SHAPES) || !folder) {
    console.error(`synthetic-checkpoint: expected one of ${Object.keys(SHAPES).join(', ')} and a folder`)
    process.exit(2)
  }
  const { seed, sparse } = values
  const bytes = writeCheckpoint(shape, folder, { layers: Number(values.layers), seed: Number(seed), sparse })
  writeFileSync(join(folder, 'calibration.txt'), calibrationText(Number(values.tokens)))
  console.log(`${folder}: ${(bytes / 1e9).toFixed(2)} GB of weights`)
}
