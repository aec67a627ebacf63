// b[t, slot] = a[t, slots[slot]], or 0 where a slot pads a chunk; columns in stored order, as packed codes have them.
struct Params { count: u32, slots: u32, columns: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;     // [tokens, columns]
@group(0) @binding(2) var<storage, read> slots: array<u32>; // original column, or `columns` for none
@group(0) @binding(3) var<storage, read_write> b: array<f32>; // [tokens, slots]

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, SIZE);
  if (i >= params.count) { return; }
  let column = slots[i % params.slots];
  b[i] = select(0.0, a[i / params.slots * params.columns + min(column, params.columns - 1u)], column < params.columns);
}
