// mean = Σ d[i] / n, a dead column (0) counted as 1; d: [n], a diagonal. One workgroup; after lib/reduce.wgsl.
struct Params { n: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> d: array<f32>;
@group(0) @binding(2) var<storage, read_write> mean: array<f32>; // [1]

const SIZE = RADIX * RADIX;

@compute @workgroup_size(SIZE)
fn main(@builtin(local_invocation_index) lane: u32) {
  let n = params.n;
  var sum = 0.0;
  for (var i = lane; i < n; i += SIZE) {
    let value = d[i];
    sum += select(value, 1.0, value == 0.0);
  }
  let total = workgroup_sum(lane, sum);
  if (lane == 0u) { mean[0] = total / f32(n); }
}
