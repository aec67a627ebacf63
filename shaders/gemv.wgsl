// C[m,n] = alpha · A · Bᵀ + beta · C for the few rows of A that a decoding step has: LANES neighbours share a row of B and
// read it side by side, ROWS rows of A get what is read of it. Parameters as in lib/gemm.wgsl.
const AHEAD = 4u; // loads that do not wait for each other

var<workgroup> parts: array<f32, SIZE * ROWS>;

@compute @workgroup_size(SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let column = (group.y * groups.x + group.x) * (SIZE / LANES) + index / LANES;
  let lane = index % LANES;
  let b_row = params.b_offset + min(column, params.n - 1u) * params.ldb;
  let last = params.k - 1u;
  #for i in ROWS
  var sum_${i} = 0.0;
  let a_row_${i} = params.a_offset + min(${i}u, params.m - 1u) * params.lda;
  #end
  for (var k = lane; k < params.k; k += AHEAD * LANES) {
    #for u in 4
    let k_${u} = k + ${u}u * LANES;
    let b_${u} = select(0.0, read_b(b_row + min(k_${u}, last)), k_${u} <= last);
    #end
    #for u in 4
    #for i in ROWS
    sum_${i} += read_a(a_row_${i} + min(k_${u}, last)) * b_${u};
    #end
    #end
  }
  #for i in ROWS
  parts[${i} * SIZE + index] = sum_${i};
  #end
  for (var step = LANES / 2u; step > 0u; step /= 2u) {
    workgroupBarrier();
    if (lane < step) {
      #for i in ROWS
      parts[${i} * SIZE + index] += parts[${i} * SIZE + index + step];
      #end
    }
  }
  if (lane == 0u) {
    #for i in ROWS
    store_c(${i}u, column, 0u, parts[${i} * SIZE + index]);
    #end
  }
}
