// samples[i] = the weight at positions[i] of w, and the bits of its score.
struct Params { count: u32, columns: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> w: array<f32>; // [rows, columns]
@group(0) @binding(2) var<storage, read> stats: array<vec2f>; // [rows]
@group(0) @binding(3) var<storage, read> positions: array<u32>; // [count]
@group(0) @binding(4) var<storage, read_write> samples: array<vec2u>; // [count]

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, SIZE);
  if (i >= params.count) { return; }
  let at = positions[i];
  samples[i] = vec2u(bitcast<u32>(w[at]), score(at / params.columns, w[at]));
}
