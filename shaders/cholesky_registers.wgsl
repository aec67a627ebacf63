// Factors and inverts one diagonal block of the blocked Cholesky: A₁₁ = L₁₁·L₁₁ᵀ, X₁₁ = L₁₁⁻¹, in one sweep, as
// cholesky_block.wgsl does and with the same bindings, the block in registers: invocation (i, lane) holds of row i the columns
// lane, lane + LANES, … One barrier a step.
//
// Before step k the columns from k on hold what is left of A, those before k the part of the inverse that is known. Step k
// needs column k of the one and row k of the other: their owners put them into workgroup memory.
struct Params { n: u32, first: u32, origin: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read_write> l: array<f32>;
@group(0) @binding(3) var<storage, read_write> x: array<f32>;
// Column (1-based) of the first pivot that was not a positive finite number; 0 while all are.
@group(0) @binding(4) var<storage, read_write> failed: array<u32>;

const LANES = 4u;
// Step k: A[j, k] for j ≥ k, X[k, j]·L[k, k] for j < k; odd and even steps in turn, so that none overwrites what is still read.
var<workgroup> shared_by_step: array<f32, 2 * BLOCK>;

@compute @workgroup_size(4 * BLOCK)
fn main(@builtin(local_invocation_index) t: u32) {
  let size = min(u32(BLOCK), params.n - params.first);
  let origin = params.origin;
  let i = t / LANES;
  let lane = t % LANES;
  let row = origin + i * params.n;
  #for q in HELD
  var m_${q} = 0.0;
  if (i < size && lane + ${q}u * LANES <= i) { m_${q} = a[row + lane + ${q}u * LANES]; }
  #end

  for (var k = 0u; k < size; k++) {
    let base = k % 2u * BLOCK;
    if (lane == k % LANES && i >= k) {
      switch (k / LANES) {
        #for q in HELD
        case ${q}u: { shared_by_step[base + i] = m_${q}; }
        #end
        default: {}
      }
    }
    if (i == k) {
      #for q in HELD
      if (lane + ${q}u * LANES < k) { shared_by_step[base + lane + ${q}u * LANES] = m_${q}; }
      #end
    }
    workgroupBarrier();
    let pivot = shared_by_step[base + k];
    // A comparison with NaN is false, so NaN fails too; 3.4e38 keeps infinity out.
    let good = pivot > 0.0 && pivot < 3.4e38;
    if (t == k && !good && failed[0] == 0u) { failed[0] = params.first + k + 1u; }
    let inverse = select(1.0, inverseSqrt(pivot), good);
    let d = select(1.0, pivot * inverse, good);
    let factor = shared_by_step[base + i] * inverse;
    if (lane == k % LANES && i >= k && i < size) { l[row + k] = select(factor, d, i == k); }
    if (i >= k) {
      // Row k becomes X[k, j]; from the rows below its multiple comes off, and where column k of A was there is room for it.
      let times = select(factor * inverse, -inverse, i == k);
      #for q in HELD
      m_${q} = select(m_${q}, 0.0, i == k) - times * shared_by_step[base + lane + ${q}u * LANES];
      #end
      if (lane == k % LANES) {
        switch (k / LANES) {
          #for q in HELD
          case ${q}u: { m_${q} = -times; }
          #end
          default: {}
        }
      }
    }
  }

  #for q in HELD
  if (i < size && lane + ${q}u * LANES <= i) { x[row + lane + ${q}u * LANES] = m_${q}; }
  #end
}
