// to[at] = scale·Σᵢ x[i], or that more than it was; one item, shared as lib/together.wgsl or lib/alone.wgsl say.
struct Params {
  count: u32, at: u32, scale: f32, accumulate: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [count]
@group(0) @binding(2) var<storage, read_write> to: array<f32>;

@compute @workgroup_size(SIZE)
fn main(@builtin(local_invocation_index) index: u32) {
  if (item_of(0u, index) > 0u) { return; }
  let lane = index % LANES;
  var part = 0.0;
  for (var i = lane; i < params.count; i += LANES) { part += x[i]; }
  let sum = params.scale * sum_over_lanes(lane, part);
  if (lane == 0u) { to[params.at] = select(sum, to[params.at] + sum, params.accumulate == 1u); }
}
