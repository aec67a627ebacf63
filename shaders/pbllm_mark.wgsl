// Marks the weights of a run of columns that are more salient than the threshold; what ties with it is not.
// s: [rows, count]; threshold: bits of a float; codes: [rows, columns].
struct Params { rows: u32, columns: u32, first: u32, count: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> s: array<f32>;
@group(0) @binding(2) var<storage, read> threshold: array<u32>;
@group(0) @binding(3) var<storage, read_write> codes: array<u32>;

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, SIZE);
  if (i >= params.rows * params.count) { return; }
  let at = i / params.count * params.columns + params.first + i % params.count;
  codes[at] = select(0u, SALIENT, s[i] > bitcast<f32>(threshold[0]));
}
