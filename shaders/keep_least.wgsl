// Error dᵀ(H_gg d) of every (row, group) on a candidate's grid, and that grid where no candidate before had less.
// d, product = d·H_gg group by group: [rows, columns]; the candidate's and the best grid, least: [rows, groups].
// `first` candidates are kept whatever their error. (row, group)s are shared as
// lib/together.wgsl or lib/alone.wgsl say.
struct Params { rows: u32, columns: u32, group_size: u32, groups: u32, first: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> d: array<f32>;
@group(0) @binding(2) var<storage, read> product: array<f32>;
@group(0) @binding(3) var<storage, read> candidate_steps: array<f32>;
@group(0) @binding(4) var<storage, read> candidate_zeros: array<f32>;
@group(0) @binding(5) var<storage, read_write> least: array<f32>;
@group(0) @binding(6) var<storage, read_write> steps: array<f32>;
@group(0) @binding(7) var<storage, read_write> zeros: array<f32>;

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
    steps[at] = candidate_steps[at];
    zeros[at] = candidate_zeros[at];
  }
}
