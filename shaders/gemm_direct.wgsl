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

  for (var k = 0u; k < params.k; k++) {
    var a_reg: array<f32, REG_M>;
    var b_reg: array<f32, REG_N>;
    for (var i = 0u; i < REG_M; i++) { a_reg[i] = load_a(row + i, k, group.z); }
    for (var j = 0u; j < REG_N; j++) { b_reg[j] = load_b(k, column + j, group.z); }
    for (var i = 0u; i < REG_M; i++) {
      for (var j = 0u; j < REG_N; j++) { sum[i * REG_N + j] += a_reg[i] * b_reg[j]; }
    }
  }

  for (var i = 0u; i < REG_M; i++) {
    for (var j = 0u; j < REG_N; j++) { store_c(row + i, column + j, group.z, sum[i * REG_N + j]); }
  }
}
