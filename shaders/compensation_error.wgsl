// J = Σⱼ ρⱼ·vⱼ/Uⱼⱼ², which is the sum of the forward messages over all members, and how much of it the last round of
// messages has brought: values[slot] = (J, (J − J before)/J). One workgroup.
struct Params {
  count: u32, // forward messages: members·columns
  slot: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> messages: array<f32>;      // of the last round, forward ones first
@group(0) @binding(2) var<storage, read> before: array<f32>;        // of the round before
@group(0) @binding(3) var<storage, read_write> values: array<f32>;  // [slots, 2]

@compute @workgroup_size(RADIX * RADIX)
fn main(@builtin(local_invocation_index) lane: u32) {
  var sum = 0.0;
  var step = 0.0;
  for (var at = lane; at < params.count; at += RADIX * RADIX) {
    sum += messages[at];
    step += messages[at] - before[at];
  }
  let error = workgroup_sum(lane, sum);
  let change = workgroup_sum(lane, step);
  if (lane != 0u) { return; }
  values[2u * params.slot] = error;
  values[2u * params.slot + 1u] = select(0.0, change / error, error > 0.0);
}
