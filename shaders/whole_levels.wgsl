// Moves low and range of (row, group) cells so that every level is a whole multiple of one float16 step: low = −zero·step,
// range = step·top, zero a whole number of 0 … top. The range is widened to reach 0, which is then a level.
// columns: of each place; runs: groups as runs of `members`, which are places; lows, ranges: [rows, groups]. An invocation
// takes one cell of `count` runs from `first` on; the columns of a group have one width.
struct Params { rows: u32, groups: u32, first: u32, count: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> columns: array<Column>;
@group(0) @binding(2) var<storage, read> members: array<u32>;
@group(0) @binding(3) var<storage, read> runs: array<vec2u>;
@group(0) @binding(4) var<storage, read_write> lows: array<f32>;
@group(0) @binding(5) var<storage, read_write> ranges: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) grid: vec3u) {
  let index = flat_index(id, grid, 256u);
  if (index >= params.rows * params.count) { return; }
  let row = index / params.count;
  let head = columns[members[runs[params.first + index % params.count].x]];
  let at = row * params.groups + head.group;
  let lowest = min(lows[at], 0.0);
  let highest = max(lows[at] + ranges[at], 0.0);
  let step = f16_to_f32(f32_to_f16((highest - lowest) * head.part));
  let zero = clamp(round(-lowest / max(step, 1e-30)), 0.0, head.top);
  lows[at] = -zero * step;
  ranges[at] = step * head.top;
}
