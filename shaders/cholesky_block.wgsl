// Factors and inverts one diagonal block of the blocked Cholesky: A₁₁ = L₁₁·L₁₁ᵀ, X₁₁ = L₁₁⁻¹, in one sweep.
// a, l, x: [n, n] or the rows of it that hold the block, which begins at element `origin` of them; only the lower triangle
// of a is read. One workgroup of 4·BLOCK invocations.
//
// The block's lower triangle m lives packed in workgroup memory (64·65/2 floats, half of what every device has).
// Before step k its columns from k on hold what is left of A, those before k the part of the inverse that is known:
// a finished column of L is needed no more once it has been applied, so the inverse takes its place.
struct Params { n: u32, first: u32, origin: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read_write> l: array<f32>;
@group(0) @binding(3) var<storage, read_write> x: array<f32>;
// Column (1-based) of the first pivot that was not a positive finite number; 0 while all are.
@group(0) @binding(4) var<storage, read_write> failed: array<u32>;

const LANES = 4u; // invocations that share a row
var<workgroup> m: array<f32, BLOCK * (BLOCK + 1) / 2>;
// Step k: L[j, k] for j > k, X[k, j] for j ≤ k.
var<workgroup> v: array<f32, BLOCK>;

fn at(i: u32, j: u32) -> u32 { return i * (i + 1u) / 2u + j; }

@compute @workgroup_size(4 * BLOCK)
fn main(@builtin(local_invocation_index) t: u32) {
  let size = min(u32(BLOCK), params.n - params.first);
  let origin = params.origin;
  let i = t / LANES;
  let lane = t % LANES;
  if (i < size) {
    for (var j = lane; j <= i; j += LANES) { m[at(i, j)] = a[origin + i * params.n + j]; }
  }
  workgroupBarrier();

  for (var k = 0u; k < size; k++) {
    if (t < size) {
      let pivot = m[at(k, k)];
      // A comparison with NaN is false, so NaN fails too; 3.4e38 keeps infinity out.
      let good = pivot > 0.0 && pivot < 3.4e38;
      if (t == k && !good && failed[0] == 0u) { failed[0] = params.first + k + 1u; }
      let d = select(1.0, sqrt(pivot), good);
      var value = 1.0;
      if (t < k) { value = m[at(k, t)]; }
      if (t > k) { value = m[at(t, k)]; }
      v[t] = value / d;
      if (t >= k) { l[origin + t * params.n + k] = select(value / d, d, t == k); }
    }
    workgroupBarrier();
    if (i > k && i < size) {
      let factor = v[i];
      for (var j = lane; j <= i; j += LANES) {
        m[at(i, j)] = select(m[at(i, j)], 0.0, j == k) - factor * v[j];
      }
    }
    if (i == k) {
      for (var j = lane; j <= k; j += LANES) { m[at(k, j)] = v[j]; }
    }
    workgroupBarrier();
  }

  if (i < size) {
    for (var j = lane; j <= i; j += LANES) { x[origin + i * params.n + j] = m[at(i, j)]; }
  }
}
