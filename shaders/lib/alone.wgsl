// An invocation has an item of work to itself (LANES = 1) and nothing to exchange, so that there are no barriers.
// lib/together.wgsl is the other way.
fn item_of(group: u32, index: u32) -> u32 {
  return group * SIZE + index;
}

fn sum_over_lanes(lane: u32, value: f32) -> f32 {
  return value;
}

fn max_over_lanes(lane: u32, value: f32) -> f32 {
  return value;
}
