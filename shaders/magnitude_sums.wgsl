// sums[i] = Σⱼ |x[i, j]|·weights[j] of rows [first, first + count) of a matrix of n columns, which x holds; one workgroup a row.
struct Params {
  n: u32, first: u32, count: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> weights: array<f32>;
@group(0) @binding(3) var<storage, read_write> sums: array<f32>;

@compute @workgroup_size(RADIX * RADIX)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = group.y * groups.x + group.x;
  if (row >= params.count) { return; }
  var sum = 0.0;
  for (var j = lane; j < params.n; j += RADIX * RADIX) { sum += abs(x[row * params.n + j]) * weights[j]; }
  let total = workgroup_sum(lane, sum);
  if (lane == 0u) { sums[params.first + row] = total; }
}
