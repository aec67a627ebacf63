// Gradients of causal attention to its keys and values: dv = Σ p·dy and dk = Σ p·(dy·v − δ)·q / √headDim over the
// queries of every head of the group that see a key, where p = exp(q·k / √headDim − log Σ exp); see
// attention_backward_queries.wgsl, which leaves `stats`, for the layout of a workgroup.
struct Params {
  item: u32, length: u32, heads: u32, kv_heads: u32, chunks: u32, scale: f32, softcap: f32, window: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> q: array<Chunk>; // [windows, length, heads, headDim]
@group(0) @binding(2) var<storage, read> k: array<Chunk>; // [windows, length, kvHeads, headDim]
@group(0) @binding(3) var<storage, read> v: array<Chunk>; // as k
@group(0) @binding(4) var<storage, read> dy: array<Chunk>; // as q
@group(0) @binding(5) var<storage, read> stats: array<vec2f>; // log Σ exp(score), δ: [windows, length, heads]
@group(0) @binding(6) var<storage, read_write> dk: array<Chunk>; // as k
@group(0) @binding(7) var<storage, read_write> dv: array<Chunk>; // as k

@compute @workgroup_size(SIZE)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) index: u32) {
  let item = params.item + group.x; // over [windows, kvHeads, length / ROWS]
  let runs = (params.length + ROWS - 1u) / ROWS;
  let first = item % runs * ROWS;
  let kv_head = item / runs % params.kv_heads;
  let window = item / runs / params.kv_heads;
  let s = first + index / LANES;
  let lane = index % LANES;
  let start = window * params.length;
  let own = ((start + min(s, params.length - 1u)) * params.kv_heads + kv_head) * CHUNKS * LANES + lane;

  var key: array<Chunk, CHUNKS>;
  var value: array<Chunk, CHUNKS>;
  var key_sum: array<Chunk, CHUNKS>;
  var value_sum: array<Chunk, CHUNKS>;
  #chunks
  key[${c}] = k[own + ${c} * LANES] * params.scale;
  value[${c}] = v[own + ${c} * LANES];
  key_sum[${c}] = Chunk();
  value_sum[${c}] = Chunk();
  #done

  let shared_by = params.heads / params.kv_heads;
  for (var head = kv_head * shared_by; head < (kv_head + 1u) * shared_by; head++) {
    for (var t = first; t < params.length; t += 4u) {
      #for j in 4
      let row_${j} = (start + min(t + ${j}u, params.length - 1u)) * params.heads + head;
      let query_${j} = row_${j} * CHUNKS * LANES + lane;
      var score_${j} = Chunk();
      var gain_${j} = Chunk();
      #end
      #chunks
      #for j in 4
      score_${j} += key[${c}] * q[query_${j} + ${c} * LANES];
      gain_${j} += value[${c}] * dy[query_${j} + ${c} * LANES];
      #end
      #done
      const one = Chunk(1.0);
      let dots = sum_over_lanes(index, mat2x4f(
        dot(score_0, one), dot(score_1, one), dot(score_2, one), dot(score_3, one),
        dot(gain_0, one), dot(gain_1, one), dot(gain_2, one), dot(gain_3, one),
      ));
      let of_rows = mat4x2f(stats[row_0], stats[row_1], stats[row_2], stats[row_3]);
      let known = transpose(of_rows);
      let times = vec4u(t) + vec4u(0, 1, 2, 3);
      var seen = (times >= vec4u(s)) & (times < vec4u(params.length));
      if (WINDOWED) { seen &= times < vec4u(s + params.window); }
      var scores = dots[0];
      if (CAPPED) { scores = capped4(scores); }
      let weights = select(vec4f(), exp(scores - known[0]), seen);
      var steps = weights * (dots[1] - known[1]);
      if (CAPPED) { steps *= cap_slopes(scores); }
      #chunks
      value_sum[${c}] += weights.x * dy[query_0 + ${c} * LANES] + weights.y * dy[query_1 + ${c} * LANES]
        + weights.z * dy[query_2 + ${c} * LANES] + weights.w * dy[query_3 + ${c} * LANES];
      key_sum[${c}] += steps.x * q[query_0 + ${c} * LANES] + steps.y * q[query_1 + ${c} * LANES]
        + steps.z * q[query_2 + ${c} * LANES] + steps.w * q[query_3 + ${c} * LANES];
      #done
    }
  }
  if (s >= params.length) { return; }
  #chunks
  dk[own + ${c} * LANES] = key_sum[${c}] * params.scale;
  dv[own + ${c} * LANES] = value_sum[${c}];
  #done
}
