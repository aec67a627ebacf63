// A workgroup shares an item of work, a row for instance: each of its LANES invocations takes every LANES-th part.
// After lib/reduce.wgsl. lib/alone.wgsl is the other way.
fn item_of(group: u32, index: u32) -> u32 {
  return group;
}

fn sum_over_lanes(lane: u32, value: f32) -> f32 {
  return workgroup_sum(lane, value);
}

fn max_over_lanes(lane: u32, value: f32) -> f32 {
  return workgroup_max(lane, value);
}
