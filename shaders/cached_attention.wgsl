// Attention of few queries to many keys in a cache. LANES invocations take a part of the keys for SHARED heads that read
// the same keys: LANES keys at a time, first a key a lane for the scores, then a chunk of a head a lane (ACROSS of them
// side by side, GROUPS keys at once) for the weighted sum of values, with running maxima and sums (online softmax,
// Milakov & Gimelshein 2018). Every part leaves its own softmax and the logarithm of its sum, by which merge_attention.wgsl
// weighs the parts.
//
// `Chunk` is vec4f, or vec2f for head sizes that four does not divide; #chunks of them are one head. `floats` makes one of
// what the cache holds. `#memory` is what the lanes share and `#meet` where they wait for each other. A lane may be alone,
// and then has all keys of its part and all chunks.
struct Params {
  item: u32, items: u32, tq: u32, tk: u32, heads: u32, kv_heads: u32, parts: u32, keys: u32, chunks: u32,
  scale: f32, softcap: f32, window: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> q: array<Chunk>; // [tq, heads, headDim]
@group(0) @binding(2) var<storage, read> k: array<Stored>; // [capacity, kvHeads, headDim], tk rows in use
@group(0) @binding(3) var<storage, read> v: array<Stored>; // as k
@group(0) @binding(4) var<storage, read_write> y: array<Chunk>; // [tq, heads, parts, headDim]
@group(0) @binding(5) var<storage, read_write> logs: array<f32>; // [tq, heads, parts]

const LOWEST = -3.4e38;
const CELLS = SHARED * LANES;

var<#memory> query: array<Chunk, SHARED * CHUNKS>;
var<#memory> weights: array<f32, CELLS>; // scores first
var<#memory> peaks: array<f32, SHARED * RADIX>; // of RADIX scores each
var<#memory> sums: array<Chunk, CELLS>;
var<#memory> totals: array<f32, CELLS>;

@compute @workgroup_size(SIZE)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) index: u32) {
  let lane = index % LANES;
  let item = params.item + item_of(group.x, index); // over [tq, heads / SHARED, parts]
  if (item >= params.items) { return; }
  let part = item % params.parts;
  let row = item / params.parts * SHARED; // over [tq, heads]
  let kv_head = row % params.heads / (params.heads / params.kv_heads);
  let position = params.tk - params.tq + row / params.heads;
  let first = max(part * params.keys, first_seen(position));
  let end = min(part * params.keys + params.keys, position + 1u); // no query sees a later token
  let beside = lane / ACROSS; // which of GROUPS keys this lane takes values of

  for (var i = lane; i < SHARED * #chunks; i += LANES) { query[i] = q[row * #chunks + i] * params.scale; }
  #meet
  #for r in SHARED
  var highest_${r} = LOWEST;
  var total_${r} = 0.0; // Σ exp(score − highest) of the keys that this lane takes values of
  var sum_${r}: array<Chunk, LANE_CHUNKS>; // Σ exp(score − highest) · v of them, in this lane's chunks
  #end

  for (var tile = first; tile < end; tile += LANES) {
    let key = (min(tile + lane, end - 1u) * params.kv_heads + kv_head) * #chunks;
    #for r in SHARED
    var products_${r} = Chunk();
    #end
    for (var c = 0u; c < #chunks; c++) {
      let stored = floats(k[key + c]);
      #for r in SHARED
      products_${r} += query[${r} * #chunks + c] * stored;
      #end
    }
    #for r in SHARED
    var score_${r} = dot(products_${r}, Chunk(1.0));
    if (CAPPED) { score_${r} = capped(score_${r}); }
    score_${r} = select(LOWEST, score_${r}, tile + lane < end);
    weights[${r} * LANES + lane] = score_${r};
    #end
    #meet
    for (var i = lane; i < SHARED * RADIX; i += LANES) {
      var peak = weights[i * RADIX];
      for (var s = 1u; s < RADIX; s++) { peak = max(peak, weights[i * RADIX + s]); }
      peaks[i] = peak;
    }
    #meet
    #for r in SHARED
    var higher_${r} = highest_${r};
    for (var s = 0u; s < RADIX; s++) { higher_${r} = max(higher_${r}, peaks[${r} * RADIX + s]); }
    weights[${r} * LANES + lane] = exp(score_${r} - higher_${r});
    let shrink_${r} = exp(highest_${r} - higher_${r});
    highest_${r} = higher_${r};
    total_${r} *= shrink_${r};
    for (var j = 0u; j < #lane_chunks; j++) { sum_${r}[j] *= shrink_${r}; }
    #end
    #meet
    let keys = select(0u, min(LANES, end - tile), beside < GROUPS);
    for (var i = beside; i < keys; i += GROUPS) {
      let value = ((tile + i) * params.kv_heads + kv_head) * #chunks + lane % ACROSS;
      #for r in SHARED
      let weight_${r} = weights[${r} * LANES + i];
      total_${r} += weight_${r};
      #end
      for (var j = 0u; j < #lane_chunks; j++) {
        let stored = floats(v[value + j * LANES]); // the last lanes may read beyond the head, and sum for nothing
        #for r in SHARED
        sum_${r}[j] += weight_${r} * stored;
        #end
      }
    }
    #meet
  }

  #for r in SHARED
  totals[${r} * LANES + lane] = total_${r};
  #end
  for (var j = 0u; j < #lane_chunks; j++) {
    #for r in SHARED
    sums[${r} * LANES + lane] = sum_${r}[j];
    #end
    #meet
    let c = j * LANES + lane;
    if (lane < ACROSS && c < #chunks) {
      #for r in SHARED
      {
        var total = totals[${r} * LANES + lane];
        var sum = sums[${r} * LANES + lane];
        for (var i = 1u; i < GROUPS; i++) {
          total += totals[${r} * LANES + i * ACROSS + lane];
          sum += sums[${r} * LANES + i * ACROSS + lane];
        }
        let at = (row + ${r}u) * params.parts + part;
        y[at * #chunks + c] = select(Chunk(), sum / total, first < end);
        if (c == 0u) { logs[at] = select(LOWEST, highest_${r} + log(total), first < end); }
      }
      #end
    }
    #meet
  }
}
