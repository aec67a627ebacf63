// y[row] = Σ over columns of x[column] · ŵ[row, column] for one token, from packed codes of one width. An invocation keeps the x of
// a chunk of 32 columns in registers and takes ROWS rows with it. `add_chunk`, and the sums of the rows that it adds to, are written
// by src/kernels/affine-registers.ts.
struct Params {
  chunks: u32,
  rows: u32,      // end of the rows of the panel to do
  row: u32,       // first of them
  groups: u32,    // a row
  y_offset: u32,  // first output of the panel
  per_group: u32, // chunks of a group
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;      // [chunks, 8]
@group(0) @binding(2) var<storage, read> codes: array<Words>;  // [rows, chunks, LOADS]
@group(0) @binding(3) var<storage, read> cells: array<u32>;    // see lib/affine_cells.wgsl
@group(0) @binding(4) var<storage, read_write> y: array<f32>;  // [out]

const SHARE = SIZE / ROWS;
// More for each row than there are invocations: no bank conflicts when neighbours read different rows.
const STRIDE = SIZE + SHARE;

var<workgroup> parts: array<f32, ROWS * STRIDE>;

@compute @workgroup_size(SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let first = params.row + (group.y * groups.x + group.x) * ROWS;
  for (var c = index; c < params.chunks; c += SIZE) { add_chunk(c, first); }
  #for r in ROWS
  parts[${r} * STRIDE + index] = sum_${r};
  #end
  workgroupBarrier();
  let row = index / SHARE;
  let share = index % SHARE;
  var sum = 0.0;
  for (var i = share; i < SIZE; i += SHARE) { sum += parts[row * STRIDE + i]; }
  workgroupBarrier();
  parts[index] = sum;
  workgroupBarrier();
  if (share == 0u && first + row < params.rows) {
    for (var i = 1u; i < SHARE; i++) { sum += parts[index + i]; }
    y[params.y_offset + first + row] = sum;
  }
}
