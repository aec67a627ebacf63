// nu [count] becomes ±HARD by its sign, 0 down, where its certainty is beyond selection[0]; −1 there hardens all.
struct Params { count: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> nu: array<f32>;
@group(0) @binding(2) var<storage, read> selection: array<i32>;

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, SIZE);
  if (i >= params.count) { return; }
  if (i32(certainty(nu[i])) > selection[0]) { nu[i] = select(-f32(HARD), f32(HARD), nu[i] > 0.0); }
}
