// Float32 values as halves, two a word; those beyond the largest half are cut to it, and noted.
struct Params {
  word: u32, words: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec2f>; // [words]
@group(0) @binding(2) var<storage, read_write> y: array<u32>; // written from `word` on
@group(0) @binding(3) var<storage, read_write> beyond: atomic<u32>; // 1 once a value was too large

const LARGEST = vec2f(65504.0);

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, SIZE);
  if (i >= params.words) { return; }
  let pair = x[i];
  // written so that NaN is noted, too
  if (!all(abs(pair) <= LARGEST)) { atomicStore(&beyond, 1u); }
  y[params.word + i] = pack2x16float(clamp(pair, -LARGEST, LARGEST));
}
