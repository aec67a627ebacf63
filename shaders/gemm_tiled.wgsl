// C[m,n] = alpha · op(A) · op(B) + beta · C, batched over z; of k split in parts, each part its own C.
// One workgroup computes a TILE_M × TILE_N tile of C. Operand tiles of depth TILE_K pass through workgroup memory,
// k-major in vectors of four rows (columns), one vector of padding against bank conflicts; the next tile is already
// on its way into registers while this one is multiplied. An invocation keeps 4·QUADS_M rows × 4·QUADS_N columns of
// sums: quads of neighbours, the quads strided by the invocation grid.
const COLUMNS = TILE_N / (4 * QUADS_N); // of the invocation grid
const ROWS = TILE_M / (4 * QUADS_M);
const THREADS = ROWS * COLUMNS;
const A_STRIDE = TILE_M / 4 + 1;
const B_STRIDE = TILE_N / 4 + 1;

var<workgroup> a_tile: array<vec4f, A_STRIDE * TILE_K>;
var<workgroup> b_tile: array<vec4f, B_STRIDE * TILE_K>;

// Four rows of op(A) at one k; zero from `end` on. Rows beyond the last give whatever is there, or what WebGPU gives instead
// behind the end of a buffer: sums that are not stored. load_b_${l} and weights_${l} are its counterpart: what is loaded and, a tile
// later, what becomes of it. See lib/gemm_loads.wgsl, or whatever else makes a B.
fn load_a(i: u32, k: u32, end: u32, batch: u32) -> vec4f {
  let step = select(params.lda, 1u, TRANS_A);
  let at = params.a_offset + batch * params.a_batch + k * select(1u, params.lda, TRANS_A) + i * step;
  return select(vec4f(), vec4f(read_a(at), read_a(at + step), read_a(at + 2u * step), read_a(at + 3u * step)), k < end);
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) t: u32) {
  let row = params.row + group.y * TILE_M;
  let column = params.column + group.x * TILE_N;
  if (outside_region(row, column)) { return; }
  let batch = group.z / params.parts;
  let first = first_k(row, group.z % params.parts);
  let end = end_k(row, group.z % params.parts);
  // 32 neighbours, which most GPUs run together, take 4 × 8 places: they ask workgroup memory for few different vectors.
  let ty = t / 32u / (COLUMNS / 8u) * 4u + t % 32u / 8u;
  let tx = t / 32u % (COLUMNS / 8u) * 8u + t % 8u;

  // Which quads of a tile this invocation carries, neighbours along the dimension that is contiguous in memory.
  #for l in LOADS_A
  let a_e${l} = t + ${l}u * THREADS;
  let a_i${l} = select(a_e${l} / TILE_K, a_e${l} % (TILE_M / 4), TRANS_A);
  let a_k${l} = select(a_e${l} % TILE_K, a_e${l} / (TILE_M / 4), TRANS_A);
  var a_next${l} = load_a(row + 4u * a_i${l}, first + a_k${l}, end, batch);
  #end
  #for l in LOADS_B
  let b_e${l} = t + ${l}u * THREADS;
  let b_j${l} = select(b_e${l} % (TILE_N / 4), b_e${l} / TILE_K, TRANS_B);
  let b_k${l} = select(b_e${l} / (TILE_N / 4), b_e${l} % TILE_K, TRANS_B);
  var b_next${l} = load_b_${l}(first + b_k${l}, end, column + 4u * b_j${l}, batch);
  #end
  #for i in QUADS_M
  #for r in 4
  #for j in QUADS_N
  var sum_${i}_${r}_${j} = vec4f();
  #end
  #end
  #end

  for (var k = first; k < end; k += TILE_K) {
    #for l in LOADS_A
    a_tile[a_k${l} * A_STRIDE + a_i${l}] = a_next${l};
    #end
    #for l in LOADS_B
    b_tile[b_k${l} * B_STRIDE + b_j${l}] = weights_${l}(b_next${l}, k + b_k${l}, column + 4u * b_j${l});
    #end
    workgroupBarrier();
    // beyond the end these load zeros that nobody uses
    #for l in LOADS_A
    a_next${l} = load_a(row + 4u * a_i${l}, k + TILE_K + a_k${l}, end, batch);
    #end
    #for l in LOADS_B
    b_next${l} = load_b_${l}(k + TILE_K + b_k${l}, end, column + 4u * b_j${l}, batch);
    #end
    for (var kk = 0u; kk < TILE_K; kk += UNROLL) {
      #for u in UNROLL
      { // one k
        #for i in QUADS_M
        let a${i} = a_tile[(kk + ${u}u) * A_STRIDE + ty + ${i}u * ROWS];
        #end
        #for j in QUADS_N
        let b${j} = b_tile[(kk + ${u}u) * B_STRIDE + tx + ${j}u * COLUMNS];
        #end
        #for i in QUADS_M
        #for r in 4
        #for j in QUADS_N
        sum_${i}_${r}_${j} += a${i}[${r}] * b${j};
        #end
        #end
        #end
      }
      #end
    }
    workgroupBarrier();
  }

  #for i in QUADS_M
  #for r in 4
  #for j in QUADS_N
  #for c in 4
  store_c(row + 4u * (ty + ${i}u * ROWS) + ${r}u, column + 4u * (tx + ${j}u * COLUMNS) + ${c}u, group.z, sum_${i}_${r}_${j}[${c}]);
  #end
  #end
  #end
  #end
}
