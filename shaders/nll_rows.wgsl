// As nll.wgsl, but one invocation a row: for software adapters, where barriers cost more than they save.
struct Params {
  first: u32, end: u32, vocab: u32, row: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logits: array<f32>; // [rows, vocab], of which [first, end) are scored
@group(0) @binding(2) var<storage, read> targets: array<u32>; // [… row + rows]
@group(0) @binding(3) var<storage, read_write> y: array<f32>; // [… row + rows]

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let r = params.first + id.x;
  if (r >= params.end) { return; }
  let base = r * params.vocab;
  var highest = -3.4e38;
  var sum = 0.0; // Σ exp(x − highest)
  for (var i = 0u; i < params.vocab; i++) {
    let x = logits[base + i];
    if (x > highest) {
      sum = sum * exp(highest - x) + 1.0;
      highest = x;
    } else {
      sum += exp(x - highest);
    }
  }
  let target_id = targets[params.row + r];
  var nll = 0.0;
  if (target_id < params.vocab) { nll = log(sum) + highest - logits[base + target_id]; }
  y[params.row + r] = nll;
}
