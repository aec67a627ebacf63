// to[at] = scale·Σᵢ x[i], or that more than it was; one workgroup.
struct Params {
  count: u32, at: u32, scale: f32, accumulate: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [count]
@group(0) @binding(2) var<storage, read_write> to: array<f32>;

@compute @workgroup_size(RADIX * RADIX)
fn main(@builtin(local_invocation_index) lane: u32) {
  var part = 0.0;
  for (var i = lane; i < params.count; i += RADIX * RADIX) { part += x[i]; }
  let sum = params.scale * workgroup_sum(lane, part);
  if (lane == 0u) { to[params.at] = select(sum, to[params.at] + sum, params.accumulate == 1u); }
}
