// As divergence.wgsl, but one invocation a row: for software adapters, where barriers cost more than they save.
struct Params {
  first: u32, end: u32, vocab: u32, row: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>; // [rows, vocab], of which [first, end) are compared
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>; // [… row + rows]

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let r = params.first + id.x;
  if (r >= params.end) { return; }
  let base = r * params.vocab;
  var top = vec2f(-3.4e38);
  var sum = vec2f(0.0); // Σ exp(x − top)
  for (var i = 0u; i < params.vocab; i++) {
    let x = vec2f(a[base + i], b[base + i]);
    let higher = max(top, x);
    if (any(higher > top)) { sum *= exp(top - higher); }
    sum += exp(x - higher);
    top = higher;
  }
  let total = log(sum);
  var parts = 0.0;
  for (var i = 0u; i < params.vocab; i++) {
    parts += divergence_part(a[base + i] - top.x - total.x, b[base + i] - top.y - total.y);
  }
  y[params.row + r] = parts;
}
