// What both matmul kernels share: parameters and bounds-checked access to the operands.
// Offsets, leading dimensions (lda …) and batch strides (a_batch …) count elements.
struct Params {
  m: u32, n: u32, k: u32, row: u32,
  lda: u32, ldb: u32, ldc: u32,
  a_offset: u32, b_offset: u32, c_offset: u32,
  a_batch: u32, b_batch: u32, c_batch: u32,
  alpha: f32, beta: f32,
}
@group(0) @binding(0) var<uniform> params: Params;

// Clamps instead of branching, then drops what lies outside: no access beyond the operand.
fn load_a(i: u32, k: u32, batch: u32) -> f32 {
  let ii = min(i, params.m - 1u);
  let kk = min(k, params.k - 1u);
  let at = select(ii * params.lda + kk, kk * params.lda + ii, TRANS_A);
  return select(0.0, read_a(params.a_offset + batch * params.a_batch + at), i < params.m && k < params.k);
}

fn load_b(k: u32, j: u32, batch: u32) -> f32 {
  let jj = min(j, params.n - 1u);
  let kk = min(k, params.k - 1u);
  let at = select(kk * params.ldb + jj, jj * params.ldb + kk, TRANS_B);
  return select(0.0, read_b(params.b_offset + batch * params.b_batch + at), j < params.n && k < params.k);
}

fn store_c(i: u32, j: u32, batch: u32, value: f32) {
  if (i >= params.m || j >= params.n) { return; }
  let at = params.c_offset + batch * params.c_batch + i * params.ldc + j;
  var before = 0.0;
  if (params.beta != 0.0) { before = params.beta * c[at]; }
  c[at] = before + params.alpha * value;
}

// Symmetric results need one triangle: whole tiles of the other one are skipped.
fn outside_region(row: u32, column: u32) -> bool {
  if (REGION == LOWER) { return column >= row + REGION_ROWS; }
  if (REGION == UPPER) { return row >= column + REGION_COLUMNS; }
  return false;
}
