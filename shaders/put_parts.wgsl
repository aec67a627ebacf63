// The way back of take_parts.wgsl: x[row, piece · stride + first + i] += y[row, piece · width + i].
struct Params {
  rows: u32, pieces: u32, width: u32, stride: u32, first: u32, columns: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> y: array<f32>; // [rows, pieces · width]
@group(0) @binding(2) var<storage, read_write> x: array<f32>; // [rows, columns]

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = flat_index(id, groups, SIZE);
  let out = params.pieces * params.width;
  if (index >= params.rows * out) { return; }
  let piece = index % out / params.width;
  x[index / out * params.columns + piece * params.stride + params.first + index % params.width] += y[index];
}
