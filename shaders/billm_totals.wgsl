// sums[c] = Σ over rows of errors[c, row]; a workgroup a sum. errors: [choices, rows].
struct Params { rows: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> errors: array<f32>;
@group(0) @binding(2) var<storage, read_write> sums: array<f32>;

@compute @workgroup_size(RADIX * RADIX)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  var sum = 0.0;
  for (var row = lane; row < params.rows; row += RADIX * RADIX) { sum += errors[group.x * params.rows + row]; }
  let total = workgroup_sum(lane, sum);
  if (lane == 0u) { sums[group.x] = total; }
}
