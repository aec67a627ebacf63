// What cached_attention.wgsl found in parts of the keys, put together: each part weighs what its sum is of all sums.
struct Params {
  rows: u32, parts: u32, head_dim: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> found: array<f32>; // [rows, parts, headDim]
@group(0) @binding(2) var<storage, read> logs: array<f32>; // [rows, parts]
@group(0) @binding(3) var<storage, read_write> y: array<f32>; // [rows, headDim]

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, SIZE);
  if (i >= params.rows * params.head_dim) { return; }
  let first = i / params.head_dim * params.parts;
  var highest = logs[first];
  for (var part = 1u; part < params.parts; part++) { highest = max(highest, logs[first + part]); }
  var total = 0.0;
  var sum = 0.0;
  for (var part = 0u; part < params.parts; part++) {
    let weight = exp(logs[first + part] - highest);
    total += weight;
    sum += weight * found[(first + part) * params.head_dim + i % params.head_dim];
  }
  y[i] = sum / total;
}
