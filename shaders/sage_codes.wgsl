// Codes of all weights [rows, columns] under the scales as they are stored; see lib/sage_rounded.wgsl.
struct Params { rows: u32, columns: u32, top: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> w: array<f32>;
@group(0) @binding(2) var<storage, read> stats: array<vec2f>;
@group(0) @binding(3) var<storage, read> selection: array<u32>;
@group(0) @binding(4) var<storage, read_write> codes: array<u32>;

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, SIZE);
  if (i >= params.rows * params.columns) { return; }
  let row = i / params.columns;
  let kind = select(0u, SALIENT, score(row, w[i]) > selection[0]);
  codes[i] = rounded(w[i], kind, row, 0u).code;
}
