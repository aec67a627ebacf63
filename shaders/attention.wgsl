// Causal attention with grouped keys and values. One invocation owns QUERIES neighbouring queries of one head: it walks
// the keys that they may see and keeps their running maxima, running sums and weighted sums of values in registers
// (online softmax, Milakov & Gimelshein 2018), so nothing of size T×T exists. Neighbouring invocations are neighbouring
// queries of the same head: they read the same keys at the same time.
//
// `Chunk` is vec4f, or vec2f for head sizes that four does not divide; CHUNKS of them are one head. The host writes out
// the loops over `chunks` and QUERIES, so that the arrays are registers; a large head's stay loops.
struct Params {
  item: u32, items: u32, tq: u32, tk: u32, capacity: u32, heads: u32, kv_heads: u32, chunks: u32, scale: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> q: array<Chunk>; // [windows, tq, heads, headDim]
@group(0) @binding(2) var<storage, read> k: array<Chunk>; // [windows, capacity, kvHeads, headDim], tk rows in use
@group(0) @binding(3) var<storage, read> v: array<Chunk>; // as k
@group(0) @binding(4) var<storage, read_write> y: array<Chunk>; // as q

const LOWEST = -3.4e38;

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let item = params.item + id.x; // over [windows, heads, tq / QUERIES]
  if (item >= params.items) { return; }
  let chunks = params.chunks; // CHUNKS, but a bound that no compiler unrolls by itself
  let runs = (params.tq + QUERIES - 1u) / QUERIES;
  let t = item % runs * QUERIES;
  let head = item / runs % params.heads;
  let window = item / runs / params.heads;
  let q_row = params.heads * chunks;
  let kv_row = params.kv_heads * chunks;
  let at = window * params.tq * q_row + head * chunks;
  let kv = window * params.capacity * kv_row + head / (params.heads / params.kv_heads) * chunks;

  var query: array<Chunk, QUERIES * CHUNKS>;
  var sum: array<Chunk, QUERIES * CHUNKS>; // Σ exp(score − highest) · v
  var highest: array<f32, QUERIES>;
  var weights: array<f32, QUERIES>; // Σ exp(score − highest)
  for (var j = 0u; j < QUERIES; j++) {
    let row = at + min(t + j, params.tq - 1u) * q_row;
    for (var i = 0u; i < chunks; i++) { query[j * CHUNKS + i] = q[row + i] * params.scale; }
    highest[j] = LOWEST;
  }

  let seen = params.tk - params.tq + t; // the last key that the first query may see
  let end = min(seen + QUERIES, params.tk);
  for (var s = 0u; s < end; s++) {
    let key = kv + s * kv_row;
    // initialised aloud: Dawn 0.6.2 keeps the old values of a variable declared in a loop without a value
    var products = array<Chunk, QUERIES>();
    for (var i = 0u; i < chunks; i++) {
      let part = k[key + i];
      for (var j = 0u; j < QUERIES; j++) { products[j] += query[j * CHUNKS + i] * part; }
    }
    var weight: array<f32, QUERIES>;
    for (var j = 0u; j < QUERIES; j++) {
      let score = select(LOWEST, dot(products[j], Chunk(1.0)), s <= seen + j);
      if (score > highest[j]) {
        let shrink = exp(highest[j] - score);
        weights[j] *= shrink;
        for (var i = 0u; i < chunks; i++) { sum[j * CHUNKS + i] *= shrink; }
        highest[j] = score;
      }
      weight[j] = exp(score - highest[j]);
      weights[j] += weight[j];
    }
    for (var i = 0u; i < chunks; i++) {
      let part = v[key + i];
      for (var j = 0u; j < QUERIES; j++) { sum[j * CHUNKS + i] += weight[j] * part; }
    }
  }
  for (var j = 0u; j < QUERIES; j++) {
    let row = at + (t + j) * q_row;
    if (t + j < params.tq) {
      for (var i = 0u; i < chunks; i++) { y[row + i] = sum[j * CHUNKS + i] / weights[j]; }
    }
  }
}
