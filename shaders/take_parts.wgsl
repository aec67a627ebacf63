// Part `first` of every stretch of columns of x: y[row, piece · width + i] = x[row, piece · stride + first + i].
struct Params {
  rows: u32, pieces: u32, width: u32, stride: u32, first: u32, columns: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [rows, columns]
@group(0) @binding(2) var<storage, read_write> y: array<f32>; // [rows, pieces · width]

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = flat_index(id, groups, SIZE);
  let out = params.pieces * params.width;
  if (index >= params.rows * out) { return; }
  let piece = index % out / params.width;
  y[index] = x[index / out * params.columns + piece * params.stride + params.first + index % params.width];
}
