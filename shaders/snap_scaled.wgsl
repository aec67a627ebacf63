// y[i, j] ← (level nearest to y[i, j] on the grid of its (row, group)) / s[j]: weights whose columns were scaled by s,
// as rounding them leaves the unscaled ones. y: [rows, columns]; s: [columns]; a, b: [rows, groups], lines as
// lib/step_lines.wgsl or lib/range_lines.wgsl says.
struct Params { rows: u32, columns: u32, group_size: u32, groups: u32, bits: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read> a: array<f32>;
@group(0) @binding(3) var<storage, read> b: array<f32>;
@group(0) @binding(4) var<storage, read> s: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) grid: vec3u) {
  let i = flat_index(id, grid, 256u);
  if (i >= params.rows * params.columns) { return; }
  let column = i % params.columns;
  let at = i / params.columns * params.groups + column / params.group_size;
  let line = vec2f(a[at], b[at]);
  y[i] = level_on(line, code_on(line, y[i], params.bits), params.bits) / s[column];
}
