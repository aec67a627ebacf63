// As rms_norm.wgsl, but one invocation a row: for software adapters, where barriers cost more than they save.
struct Params {
  rows: u32, hidden: u32, eps: f32, offset: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [rows, hidden]
@group(0) @binding(2) var<storage, read> w: array<f32>; // [hidden]
@group(0) @binding(3) var<storage, read_write> y: array<f32>; // [rows, hidden]

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = flat_index(id, groups, SIZE);
  if (row >= params.rows) { return; }
  let base = row * params.hidden;
  var squares = 0.0;
  for (var i = 0u; i < params.hidden; i++) { squares += x[base + i] * x[base + i]; }
  let scale = inverseSqrt(squares / f32(params.hidden) + params.eps);
  for (var i = 0u; i < params.hidden; i++) { y[base + i] = x[base + i] * scale * (w[i] + params.offset); }
}
