// One step of Adam (lib/adam.wgsl) on w with its moments m, v, element by element.
struct Params {
  count: u32, rate: f32, beta1: f32, beta2: f32, eps: f32, unbias1: f32, unbias2: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> w: array<f32>;
@group(0) @binding(2) var<storage, read_write> m: array<f32>;
@group(0) @binding(3) var<storage, read_write> v: array<f32>;
@group(0) @binding(4) var<storage, read> g: array<f32>;

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, SIZE);
  if (i >= params.count) { return; }
  let moments = adam_moments(vec2f(m[i], v[i]), g[i]);
  m[i] = moments.x;
  v[i] = moments.y;
  w[i] -= adam_move(moments);
}
