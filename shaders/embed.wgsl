// Rows of an embedding table by token id, times scale. The table may be one shard, rows [first, first + count) of the vocabulary:
// only tokens inside it are written.
struct Params {
  tokens: u32, hidden: u32, first: u32, count: u32, scale: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> ids: array<u32>; // [tokens]
@group(0) @binding(2) var<storage, read> table: array<f32>; // [count, hidden]
@group(0) @binding(3) var<storage, read_write> y: array<f32>; // [tokens, hidden]

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, SIZE);
  if (i >= params.tokens * params.hidden) { return; }
  let token = ids[i / params.hidden];
  if (token < params.first || token - params.first >= params.count) { return; }
  y[i] = params.scale * table[(token - params.first) * params.hidden + i % params.hidden];
}
