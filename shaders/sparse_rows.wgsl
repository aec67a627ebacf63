// y[t, row] += Σ over the weights apart of a row of x[t, column] · (ŵ − what the planes hold in their place), an output an
// invocation. Planes hold 0 there: minus in the group 0, or minus twice.

struct Params {
  outputs: u32,  // tokens × rows
  columns: u32,
  rows: u32,     // of the panel
  output: u32,   // first of the outputs to do
  y_stride: u32, // outputs of the whole linear
  y_offset: u32, // first output of the panel
  spare0: u32,   // a struct in a struct begins at a multiple of 16 bytes
  spare1: u32,
  signs: Signs,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;       // [tokens, columns]
@group(0) @binding(2) var<storage, read> starts: array<u32>;  // first weight apart of every row, and the end
@group(0) @binding(3) var<storage, read> columns: array<u32>; // of every weight apart
@group(0) @binding(4) var<storage, read> values: array<f32>;
@group(0) @binding(5) var<storage, read> levels: array<f32>;
@group(0) @binding(6) var<storage, read> ranks: array<u32>;
@group(0) @binding(7) var<storage, read_write> y: array<f32>; // [tokens, y_stride]

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let output = params.output + flat_index(id, groups, SIZE);
  if (output >= params.outputs) { return; }
  let token = output / params.rows;
  let row = output % params.rows;
  var sum = 0.0;
  for (var at = starts[row]; at < starts[row + 1u]; at++) {
    let column = columns[at];
    var level = cell_at(params.signs, row, column);
    if (SALIENT && ranks[column] > 0u) {
      level = salient_cell_at(params.signs, row, column);
    }
    sum += x[token * params.columns + column] * (values[at] - levels[level]);
  }
  y[token * params.y_stride + params.y_offset + row] += sum;
}
