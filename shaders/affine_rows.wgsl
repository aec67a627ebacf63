// y[t, row] = Σ over columns of x[t, column] · ŵ[row, column] for a few t, from packed codes; ROWS rows an item of work, so
// that what is read of x serves them all. An invocation takes whole chunks of 32 columns; `add_chunk` is that of
// lib/affine_chunk.wgsl, or has a case for every width there is and is written by src/kernels/affine-rows.ts.

struct Params {
  chunks: u32,
  rows: u32,      // end of the rows of the panel to do
  row: u32,       // first of them
  groups: u32,    // a row
  zero_bits: u32, // of a zero grid
  y_stride: u32,  // outputs of the whole linear
  y_offset: u32,  // first output of the panel
  tokens: u32,    // at most TOKENS
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;      // [tokens, chunks, 8], columns in stored order
@group(0) @binding(2) var<storage, read> codes: array<u32>;
@group(0) @binding(3) var<storage, read> scale: array<u32>;    // see lib/affine_cells.wgsl
@group(0) @binding(4) var<storage, read> side: array<u32>;
@group(0) @binding(5) var<storage, read> chunks: array<vec4u>; // fields; then first word in row 0, words a row, bits, group
@group(0) @binding(6) var<storage, read> owners: array<u32>; // group of every column, where chunks have several
@group(0) @binding(7) var<storage, read_write> y: array<f32>;  // [tokens, y_stride]

#for r in ROWS
#for t in TOKENS
var<private> sum_${r}_${t} = 0.0;
#end
#end

@compute @workgroup_size(SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let first = params.row + item_of(group.y * groups.x + group.x, index) * ROWS;
  if (first >= params.rows) { return; }
  let lane = index % LANES;
  for (var c = lane; c < params.chunks; c += LANES) {
    add_chunk(chunks[1u + c], c, first);
  }
  #for r in ROWS
  #for t in TOKENS
  let y_${r}_${t} = sum_over_lanes(lane, sum_${r}_${t});
  if (lane == 0u && ${t}u < params.tokens && first + ${r}u < params.rows) {
    y[${t}u * params.y_stride + params.y_offset + first + ${r}u] = y_${r}_${t};
  }
  #end
  #end
}
