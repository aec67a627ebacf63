// Gradient of causal attention to its queries: dq = Σ p·(dy·v − δ)·k / √headDim over the keys that a query sees, where
// p = softmax(q·k / √headDim) and δ = dy·y (Dao 2023, FlashAttention-2, algorithm 2). The weights are found again in
// the same walk (online softmax); what the keys' gradient needs of them is left in `stats`.
//
// LANES neighbouring invocations own a query, ROWS neighbouring queries of a head are a workgroup; it takes four keys at
// a time, one a component. `Chunk` is vec4f or vec2f; a lane owns chunks lane, lane + LANES, …, CHUNKS of them.
// `#chunks` … `#done` goes over them with index ${c}: written out, or as a loop.
struct Params {
  item: u32, length: u32, heads: u32, kv_heads: u32, chunks: u32, scale: f32, softcap: f32, window: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> q: array<Chunk>; // [windows, length, heads, headDim]
@group(0) @binding(2) var<storage, read> k: array<Chunk>; // [windows, length, kvHeads, headDim]
@group(0) @binding(3) var<storage, read> v: array<Chunk>; // as k
@group(0) @binding(4) var<storage, read> y: array<Chunk>; // as q
@group(0) @binding(5) var<storage, read> dy: array<Chunk>; // as q
@group(0) @binding(6) var<storage, read_write> dq: array<Chunk>; // as q
@group(0) @binding(7) var<storage, read_write> stats: array<vec2f>; // log Σ exp(score), δ: [windows, length, heads]

const LOWEST = -3.4e38;

@compute @workgroup_size(SIZE)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) index: u32) {
  let item = params.item + group.x; // over [windows, heads, length / ROWS]
  let runs = (params.length + ROWS - 1u) / ROWS;
  let first = item % runs * ROWS;
  let head = item / runs % params.heads;
  let window = item / runs / params.heads;
  let t = first + index / LANES;
  let lane = index % LANES;
  let row = window * params.length + min(t, params.length - 1u);
  let own = (row * params.heads + head) * CHUNKS * LANES + lane;
  let kv_row = params.kv_heads * CHUNKS * LANES;
  let kv = window * params.length * kv_row + head / (params.heads / params.kv_heads) * CHUNKS * LANES + lane;

  var query: array<Chunk, CHUNKS>;
  var slope: array<Chunk, CHUNKS>; // dy
  var sum: array<Chunk, CHUNKS>; // Σ exp(score − highest) · (dy·v − δ) · k
  var products = Chunk();
  #chunks
  query[${c}] = q[own + ${c} * LANES] * params.scale;
  slope[${c}] = dy[own + ${c} * LANES];
  sum[${c}] = Chunk();
  products += slope[${c}] * y[own + ${c} * LANES];
  #done
  let delta = sum_over_lanes(index, mat2x4f(vec4f(dot(products, Chunk(1.0))), vec4f()))[0].x;
  var highest = LOWEST;
  var total = 0.0; // Σ exp(score − highest)

  let end = min(first + ROWS, params.length);
  for (var s = 0u; s < end; s += 4u) {
    #for j in 4
    let key_${j} = kv + min(s + ${j}u, params.length - 1u) * kv_row;
    var score_${j} = Chunk();
    var gain_${j} = Chunk();
    #end
    #chunks
    #for j in 4
    score_${j} += query[${c}] * k[key_${j} + ${c} * LANES];
    gain_${j} += slope[${c}] * v[key_${j} + ${c} * LANES];
    #end
    #done
    const one = Chunk(1.0);
    let dots = sum_over_lanes(index, mat2x4f(
      dot(score_0, one), dot(score_1, one), dot(score_2, one), dot(score_3, one),
      dot(gain_0, one), dot(gain_1, one), dot(gain_2, one), dot(gain_3, one),
    ));
    let keys = vec4u(s) + vec4u(0, 1, 2, 3);
    var seen = keys <= vec4u(min(t, params.length - 1u));
    if (WINDOWED) { seen &= keys >= vec4u(first_seen(min(t, params.length - 1u))); }
    var found = dots[0];
    if (CAPPED) { found = capped4(found); }
    let scores = select(vec4f(LOWEST), found, seen);
    let top = max(max(highest, max(scores.x, scores.y)), max(scores.z, scores.w));
    let shrink = exp(highest - top);
    let weights = select(vec4f(), exp(scores - top), seen);
    var steps = weights * (dots[1] - delta);
    if (CAPPED) { steps *= cap_slopes(found); }
    total = total * shrink + dot(weights, vec4f(1.0));
    highest = top;
    #chunks
    sum[${c}] = sum[${c}] * shrink
      + steps.x * k[key_0 + ${c} * LANES] + steps.y * k[key_1 + ${c} * LANES]
      + steps.z * k[key_2 + ${c} * LANES] + steps.w * k[key_3 + ${c} * LANES];
    #done
  }
  if (t >= params.length) { return; }
  #chunks
  dq[own + ${c} * LANES] = sum[${c}] * (params.scale / total);
  #done
  if (lane == 0u) { stats[row * params.heads + head] = vec2f(highest + log(total), delta); }
}
