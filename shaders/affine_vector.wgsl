// y[t, row] = Σ over columns of x[t, column] · ŵ[row, column] for a few t, from packed codes. LANES neighbours share ROWS rows
// and take whole chunks of 32 columns; x passes through workgroup memory in stretches of TILE chunks, in stored order and
// with its sums. `add_chunk` has a case for every width there is and is written by src/kernels/affine-vector.ts.
struct Params {
  chunks: u32,
  rows: u32,      // end of the rows of the panel to do
  row: u32,       // first of them
  groups: u32,    // a row
  y_stride: u32,  // outputs of the whole linear
  y_offset: u32,  // first output of the panel
  tokens: u32,    // at most TOKENS
  token: u32,     // first of them
  columns: u32,   // of x
  per_group: u32, // chunks of a group, where all are laid out alike
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;        // [tokens, columns]
@group(0) @binding(2) var<storage, read> slots: array<u32>;    // original column, or `columns` for none, where any was moved
@group(0) @binding(3) var<storage, read> codes: array<u32>;
@group(0) @binding(4) var<storage, read> cells: array<u32>;    // see lib/affine_cells.wgsl
@group(0) @binding(5) var<storage, read> chunks: array<vec4u>; // fields; then first word in row 0, words a row, bits, group
@group(0) @binding(6) var<storage, read_write> y: array<f32>;  // [tokens, y_stride]

const QUADS = CHUNK / 4;
// One vector more than a chunk has: the sum of its quads, and no bank conflicts.
const STRIDE = QUADS + 1;

var<workgroup> x_tile: array<vec4f, TOKENS * TILE * STRIDE>;

#for r in ROWS
#for t in TOKENS
var<private> sum_${r}_${t} = 0.0;
#end
#end

// Of token t what the four slots from `slot` on multiply; 0 where there is none.
fn x_at(t: u32, slot: u32) -> vec4f {
  if (t >= params.tokens || slot >= params.chunks * CHUNK) { return vec4f(); }
  let at = (params.token + t) * params.columns;
  if (!MOVED) { return vec4f(x[at + slot], x[at + slot + 1u], x[at + slot + 2u], x[at + slot + 3u]); }
  let column = vec4u(slots[slot], slots[slot + 1u], slots[slot + 2u], slots[slot + 3u]);
  let inside = min(column, vec4u(params.columns - 1u)) + at;
  return select(vec4f(), vec4f(x[inside.x], x[inside.y], x[inside.z], x[inside.w]), column < vec4u(params.columns));
}

// First word in row 0, words a row, bits, group of a chunk.
fn chunk_of(c: u32) -> vec4u {
  if (ALIKE > 0u) { return vec4u(c * ALIKE, params.chunks * ALIKE, ALIKE, c / params.per_group); }
  return chunks[1u + c];
}

@compute @workgroup_size(SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let lane = index % LANES;
  let first = params.row + ((group.y * groups.x + group.x) * (SIZE / LANES) + index / LANES) * ROWS;
  for (var tile = 0u; tile < params.chunks; tile += TILE) {
    workgroupBarrier();
    for (var e = index; e < TOKENS * TILE * QUADS; e += SIZE) {
      let t = e / (TILE * QUADS);
      let slot = tile * CHUNK + e % (TILE * QUADS) * 4u;
      x_tile[e / QUADS * STRIDE + e % QUADS] = x_at(t, slot);
    }
    workgroupBarrier();
    for (var e = index; e < TOKENS * TILE; e += SIZE) {
      var sum = vec4f();
      #for q in 8
      sum += x_tile[e * STRIDE + ${q}u];
      #end
      x_tile[e * STRIDE + QUADS] = sum;
    }
    workgroupBarrier();
    for (var i = lane; i < min(u32(TILE), params.chunks - tile); i += LANES) {
      add_chunk(chunk_of(tile + i), i, first);
    }
  }

  #for r in ROWS
  #for t in TOKENS
  parts[(${r} * TOKENS + ${t}) * SIZE + index] = sum_${r}_${t};
  #end
  #end
  store_sums(index, lane, first);
}
