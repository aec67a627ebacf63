// Causal attention with grouped keys and values. One invocation owns one query of one head: it walks the keys that the
// query may see and keeps a running maximum, a running sum and the weighted sum of values in registers (online softmax,
// Milakov & Gimelshein 2018), so nothing of size T×T exists. Neighbouring invocations are neighbouring queries of the
// same head: they read the same keys at the same time.
//
// `Chunk` is vec4f, or vec2f for head sizes that four does not divide; CHUNKS of them are one head. Loops over them have
// a constant bound, so that a GPU keeps the arrays in registers. ROLLED hides the bound from the compiler.
struct Params {
  item: u32, items: u32, tq: u32, tk: u32, capacity: u32, heads: u32, kv_heads: u32, chunks: u32, scale: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> q: array<Chunk>; // [windows, tq, heads, headDim]
@group(0) @binding(2) var<storage, read> k: array<Chunk>; // [windows, capacity, kvHeads, headDim], tk rows in use
@group(0) @binding(3) var<storage, read> v: array<Chunk>; // as k
@group(0) @binding(4) var<storage, read_write> y: array<Chunk>; // as q

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let item = params.item + id.x; // over [windows, heads, tq]
  if (item >= params.items) { return; }
  let chunks = select(CHUNKS, params.chunks, ROLLED);
  let t = item % params.tq;
  let head = item / params.tq % params.heads;
  let window = item / params.tq / params.heads;
  let at = ((window * params.tq + t) * params.heads + head) * chunks;
  let row = params.kv_heads * chunks;
  let kv = window * params.capacity * row + head / (params.heads / params.kv_heads) * chunks;

  var query: array<Chunk, CHUNKS>;
  var sum: array<Chunk, CHUNKS>; // Σ exp(score − highest) · v
  for (var i = 0u; i < chunks; i++) { query[i] = q[at + i] * params.scale; }
  var highest = -3.4e38;
  var weights = 0.0; // Σ exp(score − highest)

  let visible = params.tk - params.tq + t + 1u;
  for (var s = 0u; s < visible; s++) {
    let key = kv + s * row;
    var products = Chunk();
    for (var i = 0u; i < chunks; i++) { products += query[i] * k[key + i]; }
    let score = dot(products, Chunk(1.0));
    if (score > highest) {
      let shrink = exp(highest - score);
      weights *= shrink;
      for (var i = 0u; i < chunks; i++) { sum[i] *= shrink; }
      highest = score;
    }
    let weight = exp(score - highest);
    weights += weight;
    for (var i = 0u; i < chunks; i++) { sum[i] += weight * v[key + i]; }
  }
  for (var i = 0u; i < chunks; i++) { y[at + i] = sum[i] / weights; }
}
