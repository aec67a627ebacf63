// y[t, row] = Σ over columns of x[t, column] · ŵ[row, column] for a few t, from packed codes, column after column. An
// invocation takes whole chunks of 32 columns of any width, each column with a group of its own.
struct Params {
  chunks: u32,
  rows: u32,      // end of the rows of the panel to do
  row: u32,       // first of them
  groups: u32,    // a row
  y_stride: u32,  // outputs of the whole linear
  y_offset: u32,  // first output of the panel
  tokens: u32,    // at most TOKENS
  token: u32,     // first of them
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;      // [tokens, chunks, 8], columns in stored order
@group(0) @binding(2) var<storage, read> codes: array<u32>;
@group(0) @binding(3) var<storage, read> cells: array<u32>;    // see lib/affine_cells.wgsl
@group(0) @binding(4) var<storage, read> chunks: array<vec4u>; // fields; then first word in row 0, words a row, bits, group
@group(0) @binding(5) var<storage, read> owners: array<u32>;   // group of every column, where chunks have several
@group(0) @binding(6) var<storage, read_write> y: array<f32>;  // [tokens, y_stride]

@compute @workgroup_size(SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let row = params.row + item_of(group.y * groups.x + group.x, index);
  if (row >= params.rows) { return; }
  let lane = index % LANES;
  #for t in TOKENS
  var sum_${t} = 0.0;
  let x_row_${t} = (params.token + min(${t}u, params.tokens - 1u)) * params.chunks;
  #end
  for (var c = lane; c < params.chunks; c += LANES) {
    let chunk = chunks[1u + c];
    for (var i = 0u; i < CHUNK; i++) {
      let slot = CHUNK * c + i;
      let bit = i * chunk.z;
      var group = chunk.w;
      if (SCATTERED) { group = owners[slot]; }
      let word = chunk.x + row * chunk.y + bit / 32u;
      let code = code_in(codes[word], codes[word + 1u], bit % 32u, chunk.z);
      let line = line_of(cell_of(row * params.groups + group), chunk.z);
      let weight = line.x * f32(code) + line.y;
      #for t in TOKENS
      sum_${t} += x[(x_row_${t} + c) * (CHUNK / 4u) + i / 4u][i % 4u] * weight;
      #end
    }
  }
  #for t in TOKENS
  let y_${t} = sum_over_lanes(lane, sum_${t});
  if (lane == 0u && ${t}u < params.tokens) {
    y[(params.token + ${t}u) * params.y_stride + params.y_offset + row] = y_${t};
  }
  #end
}
