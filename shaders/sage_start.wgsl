// What a fit starts from, by rows: alphas[i], the least scale whose codes reach every salient weight of the row (0 where
// there is none), and sums[i] = Σ and count of the others, for the inlier mean.
struct Params { first: u32, end: u32, columns: u32, half: u32 } // some of the rows
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> w: array<f32>; // [rows, columns]
@group(0) @binding(2) var<storage, read> stats: array<vec2f>; // [rows]
@group(0) @binding(3) var<storage, read> selection: array<u32>;
@group(0) @binding(4) var<storage, read_write> alphas: array<f32>; // [rows]
@group(0) @binding(5) var<storage, read_write> sums: array<f32>; // [rows, 2]

@compute @workgroup_size(SIZE)
fn main(
  @builtin(workgroup_id) id: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let row = params.first + item_of(id.y * groups.x + id.x, index);
  if (row >= params.end) { return; }
  let lane = index % LANES;
  let up = 1.0 / f32(params.half - 1u);
  let down = -1.0 / f32(params.half);
  let threshold = selection[0];
  var alpha = 0.0;
  var sum = 0.0;
  var count = 0.0;
  for (var j = lane; j < params.columns; j += LANES) {
    let value = w[row * params.columns + j];
    let salient = score(row, value) > threshold;
    alpha = max(alpha, select(0.0, value * select(down, up, value > 0.0), salient));
    sum += select(value, 0.0, salient);
    count += select(1.0, 0.0, salient);
  }
  alpha = max_over_lanes(lane, alpha);
  sum = sum_over_lanes(lane, sum);
  count = sum_over_lanes(lane, count);
  if (lane == 0u) {
    alphas[row] = alpha;
    sums[2u * row] = sum;
    sums[2u * row + 1u] = count;
  }
}
