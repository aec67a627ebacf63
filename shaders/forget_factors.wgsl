// What an optimiser remembers of v is 0 again: of factor [count] (v, m, u, dL/dv) only v stays.
struct Params { count: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> factor: array<vec4f>;

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, SIZE);
  if (i < params.count) { factor[i] = vec4f(factor[i].x, 0.0, 0.0, 0.0); }
}
