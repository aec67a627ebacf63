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

// Four rows (columns) of an operand at one k; zero outside and from `end` on. Clamps instead of branching: no access
// beyond the operand.
fn load_a(i: u32, k: u32, end: u32, batch: u32) -> vec4f {
  let base = params.a_offset + batch * params.a_batch + min(k, end - 1u) * select(1u, params.lda, TRANS_A);
  let step = select(params.lda, 1u, TRANS_A);
  let at = min(vec4u(i) + vec4u(0, 1, 2, 3), vec4u(params.m - 1u)) * step + base;
  let inside = (vec4u(i) + vec4u(0, 1, 2, 3) < vec4u(params.m)) & vec4<bool>(k < end);
  return select(vec4f(), vec4f(read_a(at.x), read_a(at.y), read_a(at.z), read_a(at.w)), inside);
}

fn load_b(k: u32, end: u32, j: u32, batch: u32) -> vec4f {
  let base = params.b_offset + batch * params.b_batch + min(k, end - 1u) * select(params.ldb, 1u, TRANS_B);
  let step = select(1u, params.ldb, TRANS_B);
  let at = min(vec4u(j) + vec4u(0, 1, 2, 3), vec4u(params.n - 1u)) * step + base;
  let inside = (vec4u(j) + vec4u(0, 1, 2, 3) < vec4u(params.n)) & vec4<bool>(k < end);
  return select(vec4f(), vec4f(read_b(at.x), read_b(at.y), read_b(at.z), read_b(at.w)), inside);
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
  if (REGION == LOWER) { return column >= row + C_ROWS; }
  if (REGION == UPPER) { return row >= column + C_COLUMNS; }
  return false;
}

// The stretch of k where the C_ROWS rows of op(A) from `row` on hold anything, when op(A) is triangular.
fn first_k(row: u32) -> u32 {
  return select(0u, row, TRIANGLE == UPPER);
}

fn end_k(row: u32) -> u32 {
  return select(params.k, min(params.k, row + C_ROWS), TRIANGLE == LOWER);
}
