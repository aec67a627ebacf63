// Negative log-likelihood of a target per row of logits, and its gradient in place of them: softmax(x) − [i = target],
// or to what was capped where softcap is not 0.
// One workgroup a row, two walks over it (the first an online softmax). Rows whose target is no token get 0 everywhere.
struct Params {
  first: u32, end: u32, vocab: u32, row: u32, softcap: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> logits: array<f32>; // [rows, vocab], of which [first, end) are scored
@group(0) @binding(2) var<storage, read> targets: array<u32>; // [… row + rows]
@group(0) @binding(3) var<storage, read_write> y: array<f32>; // [… row + rows]

@compute @workgroup_size(RADIX * RADIX)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let r = params.first + group.x;
  let base = r * params.vocab;
  let target_id = targets[params.row + r];
  let scored = target_id < params.vocab;
  var highest = -3.4e38;
  var sum = 0.0; // Σ exp(x − highest)
  for (var i = lane; i < params.vocab; i += RADIX * RADIX) {
    let x = logits[base + i];
    if (x > highest) {
      sum = sum * exp(highest - x) + 1.0;
      highest = x;
    } else {
      sum += exp(x - highest);
    }
  }
  let top = workgroup_max(lane, highest);
  let total = workgroup_sum(lane, sum * exp(highest - top));
  if (lane == 0u) {
    var nll = 0.0;
    if (scored) { nll = log(total) + top - logits[base + target_id]; }
    y[params.row + r] = nll;
  }
  storageBarrier(); // the target's logit is read before its owner overwrites it
  for (var i = lane; i < params.vocab; i += RADIX * RADIX) {
    let x = logits[base + i];
    var gradient = exp(x - top) / total - f32(i == target_id);
    if (params.softcap > 0.0) { gradient *= 1.0 - x * x / (params.softcap * params.softcap); }
    logits[base + i] = select(0.0, gradient, scored);
  }
}
