// KL(softmax a ‖ softmax b) a row in nats, one workgroup a row, in two walks: both normalizations by an online softmax,
// then the sum.
struct Params {
  first: u32, end: u32, vocab: u32, row: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>; // [rows, vocab], of which [first, end) are compared
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>; // [… row + rows]

@compute @workgroup_size(RADIX * RADIX)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let r = params.first + group.x;
  let base = r * params.vocab;
  var highest = vec2f(-3.4e38);
  var sum = vec2f(0.0); // Σ exp(x − highest)
  for (var i = lane; i < params.vocab; i += RADIX * RADIX) {
    let x = vec2f(a[base + i], b[base + i]);
    let top = max(highest, x);
    sum = sum * exp(highest - top) + exp(x - top);
    highest = top;
  }
  let top = vec2f(workgroup_max(lane, highest.x), workgroup_max(lane, highest.y));
  sum *= exp(highest - top);
  let total = log(vec2f(workgroup_sum(lane, sum.x), workgroup_sum(lane, sum.y)));
  var parts = 0.0;
  for (var i = lane; i < params.vocab; i += RADIX * RADIX) {
    parts += divergence_part(a[base + i] - top.x - total.x, b[base + i] - top.y - total.y);
  }
  let divergence = workgroup_sum(lane, parts);
  if (lane == 0u) { y[params.row + r] = divergence; }
}
