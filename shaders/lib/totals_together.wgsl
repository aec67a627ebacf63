// Sums of COUNT values over the LANES invocations that share an item of work, a workgroup of their own: every lane puts its
// values, all meet, and whoever wants total k adds up what the lanes put. One barrier for all of them, and little code.
// lib/totals_alone.wgsl is the other way.
const STRIDE = LANES + 1; // neighbouring totals in different banks of memory
var<workgroup> table: array<f32, COUNT * STRIDE>;

fn put(lane: u32, k: u32, value: f32) {
  table[k * STRIDE + lane] = value;
}

fn meet() {
  workgroupBarrier();
}

fn total(k: u32) -> f32 {
  var sum = 0.0;
  for (var lane = 0u; lane < LANES; lane++) { sum += table[k * STRIDE + lane]; }
  return sum;
}
