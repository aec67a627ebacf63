// Gradients of m = gelu(x): dx = dm·gelu′(x); of m = gelu(x) · up where GATED: dx that times up, dup = dm·gelu(x).
struct Params {
  count: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> dm: array<f32>;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;
#for gated in GATED
@group(0) @binding(4) var<storage, read> up: array<f32>;
@group(0) @binding(5) var<storage, read_write> dup: array<f32>;
#end

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, SIZE);
  if (i >= params.count) { return; }
  var slope = dm[i] * gelu_slope(x[i]);
  #for gated in GATED
  slope *= up[i];
  dup[i] = dm[i] * gelu(x[i]);
  #end
  dx[i] = slope;
}
