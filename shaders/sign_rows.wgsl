// y[t, row] = Σ over columns of x[t, column] · ŵ[row, column] for a few t, a row an item of work. Weights apart count here
// as what the planes say of them; shaders/sparse_rows.wgsl sets that right.

struct Params {
  columns: u32,
  rows: u32,      // end of the rows of the panel to do
  row: u32,       // first of them
  y_stride: u32,  // outputs of the whole linear
  y_offset: u32,  // first output of the panel
  spare0: u32,    // a struct in a struct begins at a multiple of 16 bytes
  spare1: u32,
  spare2: u32,
  signs: Signs,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [TOKENS, columns]
@group(0) @binding(2) var<storage, read> planes: array<u32>;
@group(0) @binding(3) var<storage, read> levels: array<f32>;
@group(0) @binding(4) var<storage, read> ranks: array<u32>;
@group(0) @binding(5) var<storage, read> second: array<u32>;
@group(0) @binding(6) var<storage, read_write> y: array<f32>; // [TOKENS, y_stride]

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
  var sum${t} = 0.0;
  #end
  for (var column = lane; column < params.columns; column += LANES) {
    let weight = levels[level_at(params.signs, row, column)];
    #for t in TOKENS
    sum${t} += x[${t}u * params.columns + column] * weight;
    #end
  }
  #for t in TOKENS
  sum${t} = sum_over_lanes(lane, sum${t});
  #end
  if (lane == 0u) {
    #for t in TOKENS
    y[${t}u * params.y_stride + params.y_offset + row] = sum${t};
    #end
  }
}
