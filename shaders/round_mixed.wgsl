// codes = the levels nearest to w [rows, columns], columns being of several widths; lows, ranges: [rows, groups].
struct Params { rows: u32, columns: u32, groups: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> w: array<f32>;
@group(0) @binding(2) var<storage, read> columns: array<Column>;
@group(0) @binding(3) var<storage, read> lows: array<f32>;
@group(0) @binding(4) var<storage, read> ranges: array<f32>;
@group(0) @binding(5) var<storage, read_write> codes: array<u32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) grid: vec3u) {
  let i = flat_index(id, grid, 256u);
  if (i >= params.rows * params.columns) { return; }
  let column = columns[i % params.columns];
  let at = i / params.columns * params.groups + column.group;
  codes[i] = u32(nearest_range_code(w[i], lows[at], step_of(ranges[at], column.part), column.top));
}
