// A field of `bits` bits, a power of two, of codes of some columns, packed 32 / bits to a word; a word an invocation.
// codes: [rows, columns]; order: [count], which columns; words: [rows, ⌈count·bits / 32⌉], filled up with 0.
struct Params { rows: u32, columns: u32, count: u32, shift: u32, bits: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> codes: array<u32>;
@group(0) @binding(2) var<storage, read> order: array<u32>;
@group(0) @binding(3) var<storage, read_write> words: array<u32>;

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, SIZE);
  let a_word = 32u / params.bits;
  let a_row = (params.count + a_word - 1u) / a_word;
  if (i >= params.rows * a_row) { return; }
  let row = i / a_row;
  let first = i % a_row * a_word;
  let mask = (1u << params.bits) - 1u;
  var word = 0u;
  for (var k = first; k < min(first + a_word, params.count); k++) {
    word |= ((codes[row * params.columns + order[k]] >> params.shift) & mask) << ((k - first) * params.bits);
  }
  words[i] = word;
}
