// Causal attention with grouped keys and values. One invocation owns QUERIES neighbouring queries of one head: it walks
// the keys that they may see and keeps their running maxima, running sums and weighted sums of values in registers
// (online softmax, Milakov & Gimelshein 2018), so nothing of size T×T exists. Neighbouring invocations are neighbouring
// queries of the same head: they read the same keys at the same time.
//
// What a query may not see yet, or no more where WINDOWED, has the lowest score: weights that it gets before the first true
// one vanish with that.
//
// `Chunk` is vec4f, or vec2f for head sizes that four does not divide; CHUNKS of them are one head. `#chunks` … `#done`
// goes over them with index ${c}: written out, or as a loop when the head is too large for registers.
struct Params {
  item: u32, items: u32, tq: u32, tk: u32, capacity: u32, heads: u32, kv_heads: u32, chunks: u32, scale: f32, softcap: f32, window: u32,
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
  let runs = (params.tq + QUERIES - 1u) / QUERIES;
  let t = item % runs * QUERIES;
  let head = item / runs % params.heads;
  let window = item / runs / params.heads;
  let q_row = params.heads * params.chunks;
  let kv_row = params.kv_heads * params.chunks;
  let at = window * params.tq * q_row + head * params.chunks;
  let kv = window * params.capacity * kv_row + head / (params.heads / params.kv_heads) * params.chunks;

  #for j in QUERIES
  let from_${j} = at + min(t + ${j}u, params.tq - 1u) * q_row;
  var query_${j}: array<Chunk, CHUNKS>;
  var sum_${j}: array<Chunk, CHUNKS>; // Σ exp(score − highest) · v
  var highest_${j} = LOWEST;
  var weights_${j} = 0.0; // Σ exp(score − highest)
  #chunks
  query_${j}[${c}] = q[from_${j} + ${c}] * params.scale;
  #done
  #end

  let seen = params.tk - params.tq + t; // the last key that the first query may see
  let end = min(seen + QUERIES, params.tk);
  for (var s = first_seen(seen); s < end; s++) {
    let key = kv + s * kv_row;
    #for j in QUERIES
    var products_${j} = Chunk();
    #end
    #chunks
    { let part = k[key + ${c}];
    #for j in QUERIES
    products_${j} += query_${j}[${c}] * part;
    #end
    }
    #done
    #for j in QUERIES
    var score_${j} = dot(products_${j}, Chunk(1.0));
    if (CAPPED) { score_${j} = capped(score_${j}); }
    score_${j} = select(LOWEST, score_${j}, s <= seen + ${j}u && s >= first_seen(seen + ${j}u));
    if (score_${j} > highest_${j}) {
      let shrink = exp(highest_${j} - score_${j});
      weights_${j} *= shrink;
      #chunks
      sum_${j}[${c}] *= shrink;
      #done
      highest_${j} = score_${j};
    }
    let weight_${j} = exp(score_${j} - highest_${j});
    weights_${j} += weight_${j};
    #end
    #chunks
    { let part = v[key + ${c}];
    #for j in QUERIES
    sum_${j}[${c}] += weight_${j} * part;
    #end
    }
    #done
  }
  #for j in QUERIES
  if (t + ${j}u < params.tq) {
    #chunks
    y[from_${j} + ${c}] = sum_${j}[${c}] / weights_${j};
    #done
  }
  #end
}
