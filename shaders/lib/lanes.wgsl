// LANES neighbouring invocations of a workgroup work on one row, each on its part of a head.
var<workgroup> parts: array<mat2x4f, SIZE>;

// The sum over the lanes of a row. All invocations must call it.
fn sum_over_lanes(index: u32, part: mat2x4f) -> mat2x4f {
  workgroupBarrier(); // nobody still reads the parts of the call before
  parts[index] = part;
  workgroupBarrier();
  let first = index / LANES * LANES;
  var sum = parts[first];
  for (var lane = 1u; lane < LANES; lane++) { sum += parts[first + lane]; }
  return sum;
}
