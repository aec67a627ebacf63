// C[m,n] = alpha · op(A) · op(B) + beta · C, batched over z, without workgroup memory; of k split in parts, each part its own C.
// Each invocation keeps REG_M × REG_N sums in registers and reads both operands straight from memory: on software
// adapters twice as fast as the tiled version (barriers cost more than they save), and right for very few rows.
@compute @workgroup_size(COLUMNS, ROWS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let tile_row = params.row + group.y * ROWS * REG_M;
  let tile_column = params.column + group.x * COLUMNS * REG_N;
  if (outside_region(tile_row, tile_column)) { return; }
  let row = tile_row + local.y * REG_M;
  let column = tile_column + local.x * REG_N;
  // Rows and columns beyond the edge repeat the last one; what they give is not stored.
  let a_step = select(1u, params.lda, TRANS_A);
  let b_step = select(params.ldb, 1u, TRANS_B);
  let batch = group.z / params.parts;
  let a_base = params.a_offset + batch * params.a_batch;
  let b_base = params.b_offset + batch * params.b_batch;
  #for i in REG_M
  let a_at${i} = a_base + min(row + ${i}u, params.m - 1u) * select(params.lda, 1u, TRANS_A);
  #end
  #for j in REG_N
  let b_at${j} = b_base + min(column + ${j}u, params.n - 1u) * select(1u, params.ldb, TRANS_B);
  #end
  #for i in REG_M
  #for j in REG_N
  var sum_${i}_${j} = 0.0;
  #end
  #end

  let end = end_k(tile_row, group.z % params.parts);
  for (var k = first_k(tile_row, group.z % params.parts); k < end; k++) {
    #for i in REG_M
    let a${i} = read_a(a_at${i} + k * a_step);
    #end
    #for j in REG_N
    let b${j} = read_b(b_at${j} + k * b_step);
    #end
    #for i in REG_M
    #for j in REG_N
    sum_${i}_${j} += a${i} * b${j};
    #end
    #end
  }

  #for i in REG_M
  #for j in REG_N
  store_c(row + ${i}u, column + ${j}u, group.z, sum_${i}_${j});
  #end
  #end
}
