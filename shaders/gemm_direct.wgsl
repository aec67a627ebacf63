// C[m,n] = alpha · op(A) · op(B) + beta · C, batched over z, without workgroup memory.
// Each invocation keeps REG_M × REG_N sums in registers and reads both operands straight from memory: on software
// adapters twice as fast as the tiled version (barriers cost more than they save), and right for very few rows.
@compute @workgroup_size(COLUMNS, ROWS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let tile_row = params.row + group.y * ROWS * REG_M;
  let tile_column = group.x * COLUMNS * REG_N;
  if (outside_region(tile_row, tile_column)) { return; }
  let row = tile_row + local.y * REG_M;
  let column = tile_column + local.x * REG_N;
  var sum: array<f32, REG_M * REG_N>;

  // Rows and columns beyond the edge repeat the last one; what they give is not stored.
  let a_step = select(1u, params.lda, TRANS_A);
  let b_step = select(params.ldb, 1u, TRANS_B);
  var a_at: array<u32, REG_M>;
  var b_at: array<u32, REG_N>;
  for (var i = 0u; i < REG_M; i++) {
    a_at[i] = params.a_offset + group.z * params.a_batch + min(row + i, params.m - 1u) * select(params.lda, 1u, TRANS_A);
  }
  for (var j = 0u; j < REG_N; j++) {
    b_at[j] = params.b_offset + group.z * params.b_batch + min(column + j, params.n - 1u) * select(1u, params.ldb, TRANS_B);
  }

  for (var k = 0u; k < params.k; k++) {
    var a_reg: array<f32, REG_M>;
    var b_reg: array<f32, REG_N>;
    for (var i = 0u; i < REG_M; i++) { a_reg[i] = read_a(a_at[i] + k * a_step); }
    for (var j = 0u; j < REG_N; j++) { b_reg[j] = read_b(b_at[j] + k * b_step); }
    for (var i = 0u; i < REG_M; i++) {
      for (var j = 0u; j < REG_N; j++) { sum[i * REG_N + j] += a_reg[i] * b_reg[j]; }
    }
  }

  for (var i = 0u; i < REG_M; i++) {
    for (var j = 0u; j < REG_N; j++) { store_c(row + i, column + j, group.z, sum[i * REG_N + j]); }
  }
}
