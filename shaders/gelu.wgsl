// x ← gelu(x), times up where GATED.
struct Params {
  count: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> x: array<f32>;
#for gated in GATED
@group(0) @binding(2) var<storage, read> up: array<f32>;
#end

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, SIZE);
  if (i >= params.count) { return; }
  x[i] = gelu(x[i]);
  #for gated in GATED
  x[i] *= up[i];
  #end
}
