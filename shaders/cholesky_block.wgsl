// Factors and inverts one diagonal block of the blocked Cholesky: A₁₁ = L₁₁·L₁₁ᵀ, X₁₁ = L₁₁⁻¹.
// a, l, x: [n, n] row-major; only the lower triangle of a is read. One workgroup, BLOCK invocations.
// The lower triangle is kept packed in workgroup memory: 64·65/2 floats, half of what every device has.
struct Params { n: u32, first: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read_write> l: array<f32>;
@group(0) @binding(3) var<storage, read_write> x: array<f32>;
// Column (1-based) of the first pivot that was not a positive finite number; 0 while all are.
@group(0) @binding(4) var<storage, read_write> failed: array<u32>;

var<workgroup> block: array<f32, BLOCK * (BLOCK + 1) / 2>;

fn at(i: u32, j: u32) -> u32 { return i * (i + 1u) / 2u + j; }

@compute @workgroup_size(BLOCK)
fn main(@builtin(local_invocation_index) t: u32) {
  let size = min(u32(BLOCK), params.n - params.first);
  let origin = params.first * params.n + params.first;
  // Row t belongs to invocation t throughout.
  if (t < size) {
    for (var j = 0u; j <= t; j++) { block[at(t, j)] = a[origin + t * params.n + j]; }
  }
  workgroupBarrier();

  for (var j = 0u; j < size; j++) {
    // Left-looking: column j minus what the columns before it explain.
    var value = 0.0;
    if (t >= j && t < size) {
      value = block[at(t, j)];
      for (var k = 0u; k < j; k++) { value -= block[at(t, k)] * block[at(j, k)]; }
    }
    workgroupBarrier();
    if (t == j) {
      // A comparison with NaN is false, so NaN fails too; 3.4e38 keeps infinity out.
      let good = value > 0.0 && value < 3.4e38;
      if (!good && failed[0] == 0u) { failed[0] = params.first + j + 1u; }
      block[at(j, j)] = select(1.0, sqrt(value), good);
    }
    workgroupBarrier();
    if (t > j && t < size) { block[at(t, j)] = value / block[at(j, j)]; }
    workgroupBarrier();
  }

  if (t < size) {
    for (var j = 0u; j <= t; j++) { l[origin + t * params.n + j] = block[at(t, j)]; }
    // Column t of the inverse by forward substitution; each invocation reads back only what it wrote.
    x[origin + t * params.n + t] = 1.0 / block[at(t, t)];
    for (var i = t + 1u; i < size; i++) {
      var sum = 0.0;
      for (var k = t; k < i; k++) { sum += block[at(i, k)] * x[origin + k * params.n + t]; }
      x[origin + i * params.n + t] = -sum / block[at(i, i)];
    }
  }
}
