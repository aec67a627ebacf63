// d[i, j] = (level nearest to w[i, j] on the grid of its (row, group)) − w[i, j].
// w, d: [rows, columns]; a, b: [rows, groups], lines as lib/step_lines.wgsl or lib/range_lines.wgsl says.
struct Params { rows: u32, columns: u32, group_size: u32, groups: u32, bits: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> w: array<f32>;
@group(0) @binding(2) var<storage, read> a: array<f32>;
@group(0) @binding(3) var<storage, read> b: array<f32>;
@group(0) @binding(4) var<storage, read_write> d: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) grid: vec3u) {
  let i = flat_index(id, grid, 256u);
  if (i >= params.rows * params.columns) { return; }
  let at = i / params.columns * params.groups + (i % params.columns) / params.group_size;
  let line = vec2f(a[at], b[at]);
  d[i] = level_on(line, code_on(line, w[i], params.bits), params.bits) - w[i];
}
