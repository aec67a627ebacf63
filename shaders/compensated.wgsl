// What each column of a block was when it was rounded: w[i, c] = level of its code + errors[i, j]·U_pp, c the original
// column of place p = first + j < first + count; see gptq_block.wgsl. An invocation a weight.
// errors: [rows, BLOCK]; u: [columns, columns], or rows of it of which row u_row is row `first`; order: [columns]; codes, w: [rows,
// columns] original order; a, b: [rows, groups], lines as lib/step_lines.wgsl or lib/range_lines.wgsl says.
struct Params { rows: u32, columns: u32, first: u32, count: u32, group_size: u32, groups: u32, bits: u32, u_row: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> errors: array<f32>;
@group(0) @binding(2) var<storage, read> u: array<f32>;
@group(0) @binding(3) var<storage, read> order: array<u32>;
@group(0) @binding(4) var<storage, read> codes: array<u32>;
@group(0) @binding(5) var<storage, read> a: array<f32>;
@group(0) @binding(6) var<storage, read> b: array<f32>;
@group(0) @binding(7) var<storage, read_write> w: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) grid: vec3u) {
  let i = flat_index(id, grid, 64u);
  if (i >= params.rows * params.count) { return; }
  let row = i / params.count;
  let j = i % params.count;
  let place = params.first + j;
  let column = order[place];
  let cell = row * params.groups + column / params.group_size;
  let at = row * params.columns + column;
  let rounded = level_on(vec2f(a[cell], b[cell]), f32(codes[at]), params.bits);
  w[at] = rounded + errors[row * BLOCK + j] * u[(params.u_row + j) * params.columns + place];
}
