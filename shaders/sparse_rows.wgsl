// y[t, row] += Σ over the weights apart of a row of x[t, column] · (ŵ − what the planes hold in their place), an output an item
// of work.
struct Params {
  outputs: u32,  // end of the tokens × rows to do
  columns: u32,
  rows: u32,     // of the panel
  output: u32,   // first of the outputs
  y_stride: u32, // outputs of the whole linear
  y_offset: u32, // first output of the panel
  spare0: u32,   // a struct in a struct begins at a multiple of 16 bytes
  spare1: u32,
  signs: Signs,
}

@compute @workgroup_size(SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let output = params.output + item_of(group.y * groups.x + group.x, index);
  if (output >= params.outputs) { return; }
  let lane = index % LANES;
  let token = output / params.rows;
  let row = output % params.rows;
  var sum = 0.0;
  for (var at = starts[row] + lane; at < starts[row + 1u]; at += LANES) {
    sum += x[token * params.columns + columns[at]] * change_of(row, at, columns[at]);
  }
  sum = sum_over_lanes(lane, sum);
  if (lane == 0u) { y[token * params.y_stride + params.y_offset + row] += sum; }
}
