// What the matmul kernels share: parameters, which k a workgroup walks through, and what becomes of its sums.
// Offsets, leading dimensions (lda …) and batch strides (a_batch …) count elements; k is walked in `parts` stretches of
// part_k (the last may be shorter), of which a workgroup takes one.
struct Params {
  m: u32, n: u32, k: u32, row: u32, column: u32,
  parts: u32, part_k: u32,
  lda: u32, ldb: u32, ldc: u32,
  a_offset: u32, b_offset: u32, c_offset: u32,
  a_batch: u32, b_batch: u32, c_batch: u32,
  alpha: f32, beta: f32,
}
@group(0) @binding(0) var<uniform> params: Params;

fn store_c(i: u32, j: u32, batch: u32, value: f32) {
  if (i >= params.m || j >= params.n) { return; }
  let at = params.c_offset + batch * params.c_batch + i * params.ldc + j;
  var before = 0.0;
  if (params.beta != 0.0) { before = params.beta * c[at]; }
  c[at] = before + params.alpha * value;
}

// Symmetric results need one triangle: whole tiles of the other one are skipped.
fn outside_region(row: u32, column: u32) -> bool {
  if (REGION == LOWER) { return column >= row + C_ROWS; }
  if (REGION == UPPER) { return row >= column + C_COLUMNS; }
  return false;
}

// Where a part of k begins and ends for the C_ROWS rows of op(A) from `row` on; where op(A) is triangular, only what is
// not zero of it, which may be nothing: then it begins at its end or behind. The end is never 0.
fn first_k(row: u32, part: u32) -> u32 {
  return max(part * params.part_k, select(0u, row, TRIANGLE == UPPER));
}

fn end_k(row: u32, part: u32) -> u32 {
  return min(min(params.k, (part + 1u) * params.part_k), select(params.k, row + C_ROWS, TRIANGLE == LOWER));
}
