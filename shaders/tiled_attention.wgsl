// Causal attention with grouped keys and values, by tiles (Dao 2023, FlashAttention-2). A workgroup owns TILE neighbouring
// queries of one head and walks tiles of as many keys: it multiplies queries and keys into scores, keeps the running
// maxima and sums of the softmax (Milakov & Gimelshein 2018), and multiplies the weights with the values. Scores and the
// weighted sums of values stay in registers, 16 × 8 invocations with 4 keys (QUADS quads of a head) × 2 quads of queries
// each; operands pass through workgroup memory, k-major in vectors of four queries (keys) as in gemm_tiled.wgsl, the next
// ones already on their way into registers.
//
// GRADIENT instead of FORWARD, one or zero, walks the same way to dq = Σ p·(dy·v − δ)·k / √headDim, where p are the weights
// over their sum and δ = dy·y; it leaves `stats` as attention_backward_queries.wgsl does.
struct Params {
  item: u32, windows: u32, tq: u32, tk: u32, capacity: u32, heads: u32, kv_heads: u32, scale: f32, softcap: f32, window: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> q: array<vec4f>; // [windows, tq, heads, headDim]
@group(0) @binding(2) var<storage, read> k: array<vec4f>; // [windows, capacity, kvHeads, headDim], tk rows in use
@group(0) @binding(3) var<storage, read> v: array<vec4f>; // as k
#for forward in FORWARD
@group(0) @binding(4) var<storage, read_write> y: array<vec4f>; // as q
#end
#for gradient in GRADIENT
@group(0) @binding(4) var<storage, read> y: array<vec4f>; // as q
@group(0) @binding(5) var<storage, read> dy: array<vec4f>; // as q
@group(0) @binding(6) var<storage, read_write> dq: array<vec4f>; // as q
@group(0) @binding(7) var<storage, read_write> stats: array<vec2f>; // log Σ exp(score), δ: [windows, tq, heads]
#end

const LOWEST = -3.4e38;
const TILE = 64u;
const HALF = TILE / 2u;
const DEPTH = 4u; // quads of a head that are multiplied at a time
const STRIDE = TILE / 4u + 1u; // one vector of padding against bank conflicts
const V_COLUMNS = 16u * QUADS;
const V_ROWS = 16u / QUADS;

// Queries and keys, then the weights of half a tile of keys, in the same place; values, and before them what the
// invocations of a row have to tell each other.
const K_AT = 4u * DEPTH * STRIDE;
const V_AT = HALF * STRIDE;
const MET_AT = V_AT + V_ROWS * V_COLUMNS;
var<workgroup> tile: array<vec4f, MET_AT + TILE>;

// Four queries, or keys, by four numbers of a head: what scores are products of …
fn load_0(of_keys: bool, rows: vec4u, quad: u32) -> mat4x4f {
  if (CHUNKS % DEPTH != 0u && quad >= CHUNKS) { return mat4x4f(); }
  let at = rows + quad;
  if (of_keys) { return mat4x4f(k[at.x], k[at.y], k[at.z], k[at.w]); }
  return mat4x4f(q[at.x], q[at.y], q[at.z], q[at.w]);
}
#for forward in FORWARD
fn load_value(at: u32) -> vec4f { return v[at]; }
fn store(at: u32, found: vec4f) { y[at] = found; }
#end
#for gradient in GRADIENT
// … and the weights' gradients.
fn load_1(of_keys: bool, rows: vec4u, quad: u32) -> mat4x4f {
  if (CHUNKS % DEPTH != 0u && quad >= CHUNKS) { return mat4x4f(); }
  let at = rows + quad;
  if (of_keys) { return mat4x4f(v[at.x], v[at.y], v[at.z], v[at.w]); }
  return mat4x4f(dy[at.x], dy[at.y], dy[at.z], dy[at.w]);
}
fn load_value(at: u32) -> vec4f { return k[at]; }
fn store(at: u32, found: vec4f) { dq[at] = found; }
#end

fn sum_of_four(at: u32, step: u32) -> vec4f {
  return tile[at] + tile[at + step] + tile[at + 2u * step] + tile[at + 3u * step];
}

fn max_of_four(at: u32, step: u32) -> vec4f {
  return max(max(tile[at], tile[at + step]), max(tile[at + 2u * step], tile[at + 3u * step]));
}

@compute @workgroup_size(SIZE)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) index: u32) {
  // over [tq / TILE, windows, heads], the last queries first: they see most, and what takes longest should not start last
  let item = params.item + group.x;
  let first = ((params.tq - 1u) / TILE - item / params.heads / params.windows) * TILE;
  let window = item / params.heads % params.windows;
  let head = item % params.heads;
  let q_row = params.heads * CHUNKS;
  let kv_row = params.kv_heads * CHUNKS;
  let q_at = window * params.tq * q_row + head * CHUNKS;
  let kv_at = window * params.capacity * kv_row + head / (params.heads / params.kv_heads) * CHUNKS;
  let before = params.tk - params.tq; // keys that every query sees, besides those up to its own
  let end = before + min(first + TILE, params.tq);

  // 32 neighbours, which most GPUs run together, take 4 × 8 places: they ask workgroup memory for few different vectors.
  let ty = index / 64u * 4u + index % 32u / 8u;
  let tx = index / 32u % 2u * 8u + index % 8u;
  // Keys of an invocation are 8 apart, so that neighbours write the weights of neighbouring keys.
  let key = tx / 8u * HALF + tx % 8u;

  // Half of the invocations load queries, the others keys; eight neighbours 4 × 2 blocks, which go to different banks.
  let of_keys = index >= SIZE / 2u;
  let load_quad = index / 16u % 4u * 4u + index / 2u % 4u;
  let load_depth = index / 8u % 2u * 2u + index % 2u;
  let load_to = select(0u, K_AT, of_keys) + 4u * load_depth * STRIDE + load_quad;
  let load_key = vec4u(load_quad / 8u * HALF + load_quad % 8u) + vec4u(0, 8, 16, 24);
  let load_query = q_at + min(vec4u(first + 4u * load_quad) + vec4u(0, 1, 2, 3), vec4u(params.tq - 1u)) * q_row;
  #for l in 2
  let v_row${l} = (index + ${l}u * SIZE) / V_COLUMNS;
  let v_from${l} = kv_at + min((index + ${l}u * SIZE) % V_COLUMNS, CHUNKS - 1u);
  #end

  #for i in 2
  var highest_${i} = vec4f(LOWEST);
  var weights_${i} = vec4f(); // Σ exp(score − highest) over the keys of this invocation
  #for r in 4
  #for j in QUADS
  var sum_${i}_${r}_${j} = vec4f(); // Σ exp(score − highest) · v, or · (dy·v − δ) · k
  #end
  #end
  #end

  #for gradient in GRADIENT
  #for i in 2
  var delta_${i} = vec4f();
  #for r in 4
  { let row = q_at + min(first + 4u * (ty + ${i}u * 8u) + ${r}u, params.tq - 1u) * q_row;
  for (var column = tx; column < CHUNKS; column += 16u) { delta_${i}[${r}] += dot(dy[row + column], y[row + column]); }
  }
  #end
  tile[V_AT + (ty + ${i}u * 8u) * 16u + tx] = delta_${i};
  #end
  workgroupBarrier();
  if (index < TILE) { tile[MET_AT + index] = sum_of_four(V_AT + index / 4u * 16u + index % 4u, 4u); }
  workgroupBarrier();
  #for i in 2
  delta_${i} = sum_of_four(MET_AT + (ty + ${i}u * 8u) * 4u, 1u);
  #end
  #end

  for (var s = first_seen(before + first) / TILE * TILE; s < end; s += TILE) {
    let keys = kv_at + min(s + load_key, vec4u(params.tk - 1u)) * kv_row;
    let rows = select(load_query, keys, vec4<bool>(of_keys));
    #for p in PRODUCTS
    #for i in 2
    #for c in 4
    var product_${p}_${i}_${c} = vec4f(); // of four queries
    #end
    #end
    { var next = load_${p}(of_keys, rows, load_depth);
    for (var quad = 0u; quad < CHUNKS; quad += DEPTH) {
      let turned = transpose(next);
      #for c in 4
      tile[load_to + ${c}u * STRIDE] = turned[${c}];
      #end
      workgroupBarrier();
      if (quad + DEPTH < CHUNKS) { next = load_${p}(of_keys, rows, quad + DEPTH + load_depth); }
      for (var at = 0u; at < K_AT; at += UNROLL * STRIDE) {
        #for u in UNROLL
        { let b = tile[K_AT + at + ${u}u * STRIDE + tx];
        #for i in 2
        let a${i} = tile[at + ${u}u * STRIDE + ty + ${i}u * 8u];
        #for c in 4
        product_${p}_${i}_${c} += a${i} * b[${c}];
        #end
        #end
        }
        #end
      }
      workgroupBarrier();
    }
    }
    #end

    #for l in 2
    var v_next${l} = load_value(v_from${l} + min(s + v_row${l}, params.tk - 1u) * kv_row);
    #end
    #for i in 2
    #for c in 4
    product_0_${i}_${c} *= params.scale;
    if (CAPPED) {
      product_0_${i}_${c} = capped4(product_0_${i}_${c});
      #for gradient in GRADIENT
      product_1_${i}_${c} = (product_1_${i}_${c} - delta_${i}) * cap_slopes(product_0_${i}_${c});
      #end
    }
    #end
    #end
    if (WINDOWED || s + TILE > before + first + 1u) {
      #for i in 2
      let seen_${i} = before + min(vec4u(first + 4u * (ty + ${i}u * 8u)) + vec4u(0, 1, 2, 3), vec4u(params.tq - 1u));
      #for c in 4
      product_0_${i}_${c} = select(vec4f(LOWEST), product_0_${i}_${c}, vec4u(s + key + ${c}u * 8u) <= seen_${i});
      if (WINDOWED) {
        let gone = vec4u(s + key + ${c}u * 8u) + vec4u(params.window) <= seen_${i};
        product_0_${i}_${c} = select(product_0_${i}_${c}, vec4f(LOWEST), gone);
      }
      #end
      #end
    }
    #for i in 2
    tile[V_AT + (ty + ${i}u * 8u) * 16u + tx] = max(max(product_0_${i}_0, product_0_${i}_1), max(product_0_${i}_2, product_0_${i}_3));
    #end
    workgroupBarrier();
    if (index < TILE) { tile[MET_AT + index] = max_of_four(V_AT + index / 4u * 16u + index % 4u, 4u); }
    workgroupBarrier();
    #for i in 2
    {
      let top = max(highest_${i}, max_of_four(MET_AT + (ty + ${i}u * 8u) * 4u, 1u));
      let shrink = exp(highest_${i} - top);
      highest_${i} = top;
      weights_${i} *= shrink;
      #for c in 4
      product_0_${i}_${c} = exp(product_0_${i}_${c} - highest_${i});
      weights_${i} += product_0_${i}_${c};
      #for gradient in GRADIENT
      product_0_${i}_${c} *= select(product_1_${i}_${c} - delta_${i}, product_1_${i}_${c}, CAPPED);
      #end
      #end
      #for r in 4
      #for j in QUADS
      sum_${i}_${r}_${j} *= shrink[${r}];
      #end
      #end
    }
    #end

    for (var row = 0u; row < TILE; row += V_ROWS) {
      if (row % HALF == 0u && tx / 8u == row / HALF) {
        #for i in 2
        #for c in 4
        tile[(tx % 8u + ${c}u * 8u) * STRIDE + ty + ${i}u * 8u] = product_0_${i}_${c};
        #end
        #end
      }
      #for l in 2
      tile[V_AT + index + ${l}u * SIZE] = v_next${l};
      #end
      workgroupBarrier();
      // behind the last these are values that nobody uses
      #for l in 2
      v_next${l} = load_value(v_from${l} + min(s + row + V_ROWS + v_row${l}, params.tk - 1u) * kv_row);
      #end
      for (var part = 0u; part < V_ROWS; part += UNROLL) {
        #for u in UNROLL
        {
        #for j in QUADS
        let b${j} = tile[V_AT + (part + ${u}u) * V_COLUMNS + tx + ${j}u * 16u];
        #end
        #for i in 2
        let a${i} = tile[(row % HALF + part + ${u}u) * STRIDE + ty + ${i}u * 8u];
        #for r in 4
        #for j in QUADS
        sum_${i}_${r}_${j} += a${i}[${r}] * b${j};
        #end
        #end
        #end
        }
        #end
      }
      workgroupBarrier();
    }
  }

  #for i in 2
  tile[V_AT + (ty + ${i}u * 8u) * 16u + tx] = weights_${i};
  #end
  workgroupBarrier();
  if (index < TILE) { tile[MET_AT + index] = sum_of_four(V_AT + index / 4u * 16u + index % 4u, 4u); }
  workgroupBarrier();
  #for i in 2
  {
    let total = sum_of_four(MET_AT + (ty + ${i}u * 8u) * 4u, 1u);
    #for r in 4
    { let t = first + 4u * (ty + ${i}u * 8u) + ${r}u;
    if (t < params.tq) {
      #for forward in FORWARD
      let by = 1.0 / total[${r}];
      #end
      #for gradient in GRADIENT
      let by = params.scale / total[${r}];
      if (tx == 0u) {
        stats[(window * params.tq + t) * params.heads + head] = vec2f(highest_${i}[${r}] + log(total[${r}]), delta_${i}[${r}]);
      }
      #end
      #for j in QUADS
      if (tx + ${j}u * 16u < CHUNKS) { store(q_at + t * q_row + tx + ${j}u * 16u, sum_${i}_${r}_${j} * by); }
      #end
    }
    }
    #end
  }
  #end
}
