// Reductions over a workgroup of RADIX² invocations with two barriers: RADIX partials of RADIX values each, then every
// invocation combines the partials itself. A tree would take a barrier a level, which is what software adapters and
// small workgroups pay for. All invocations must call them; all get the result; calls may follow each other.
var<workgroup> lanes: array<f32, RADIX * RADIX>;
var<workgroup> partials: array<f32, RADIX>;

fn workgroup_sum(lane: u32, value: f32) -> f32 {
  lanes[lane] = value;
  workgroupBarrier();
  if (lane < RADIX) {
    var sum = 0.0;
    for (var i = 0u; i < RADIX; i++) { sum += lanes[lane * RADIX + i]; }
    partials[lane] = sum;
  }
  workgroupBarrier();
  var sum = 0.0;
  for (var i = 0u; i < RADIX; i++) { sum += partials[i]; }
  return sum;
}

fn workgroup_max(lane: u32, value: f32) -> f32 {
  lanes[lane] = value;
  workgroupBarrier();
  if (lane < RADIX) {
    var highest = lanes[lane * RADIX];
    for (var i = 1u; i < RADIX; i++) { highest = max(highest, lanes[lane * RADIX + i]); }
    partials[lane] = highest;
  }
  workgroupBarrier();
  var highest = partials[0];
  for (var i = 1u; i < RADIX; i++) { highest = max(highest, partials[i]); }
  return highest;
}
