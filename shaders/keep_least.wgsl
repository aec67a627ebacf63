// Error dᵀ(H_gg d) of every (row, group) on a candidate's grid, and that grid where no candidate before had less.
// d, product = d·H_gg group by group: [rows, columns]; least: [rows, groups]; the candidate's and the best grid, a and b:
// [rows, groups · lines], a group being of so many lines.
// `first` candidates are kept whatever their error. (row, group)s are shared as
// lib/together.wgsl or lib/alone.wgsl say.
struct Params { rows: u32, columns: u32, group_size: u32, groups: u32, lines: u32, first: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> d: array<f32>;
@group(0) @binding(2) var<storage, read> product: array<f32>;
@group(0) @binding(3) var<storage, read> candidate_a: array<f32>;
@group(0) @binding(4) var<storage, read> candidate_b: array<f32>;
@group(0) @binding(5) var<storage, read_write> least: array<f32>;
@group(0) @binding(6) var<storage, read_write> a: array<f32>;
@group(0) @binding(7) var<storage, read_write> b: array<f32>;

@compute @workgroup_size(SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let at = item_of(group.y * grid.x + group.x, index);
  if (at >= params.rows * params.groups) { return; }
  let lane = index % LANES;
  let begin = at % params.groups * params.group_size;
  let end = min(begin + params.group_size, params.columns);
  let row = at / params.groups * params.columns;
  var sum = 0.0;
  for (var column = begin + lane; column < end; column += LANES) { sum += d[row + column] * product[row + column]; }
  let error = sum_over_lanes(lane, sum);
  if (lane == 0u && (params.first == 1u || error < least[at])) {
    least[at] = error;
    for (var line = at * params.lines; line < (at + 1u) * params.lines; line++) {
      a[line] = candidate_a[line];
      b[line] = candidate_b[line];
    }
  }
}
