// Smallest and largest weight of every (row, group), one workgroup each: ends [2, rows, groups] of w [rows, columns].
struct Params { rows: u32, columns: u32, group_size: u32, groups: u32, bits: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> w: array<f32>;
@group(0) @binding(2) var<storage, read_write> ends: array<f32>;

@compute @workgroup_size(RADIX * RADIX)
fn main(
  @builtin(workgroup_id) id: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let cell = id.y * grid.x + id.x;
  let cells = params.rows * params.groups;
  if (cell >= cells) { return; }
  let row = cell / params.groups * params.columns;
  let begin = cell % params.groups * params.group_size;
  let end = min(begin + params.group_size, params.columns);
  var low = w[row + begin];
  var high = low;
  for (var column = begin + lane; column < end; column += RADIX * RADIX) {
    low = min(low, w[row + column]);
    high = max(high, w[row + column]);
  }
  let lowest = -workgroup_max(lane, -low);
  let highest = workgroup_max(lane, high);
  if (lane == 0u) {
    ends[cell] = lowest;
    ends[cells + cell] = highest;
  }
}
