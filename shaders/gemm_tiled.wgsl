// C[m,n] = alpha · op(A) · op(B) + beta · C, batched over z.
// One workgroup computes a TILE_M × TILE_N tile of C; operand tiles of depth TILE_K pass through workgroup memory
// k-major, padded by one against bank conflicts; each invocation keeps REG_M × REG_N sums in registers, its rows and
// columns strided by the invocation grid so that neighbours read and write neighbours.
const COLUMNS = TILE_N / REG_N; // of the invocation grid
const ROWS = TILE_M / REG_M;
const THREADS = ROWS * COLUMNS;
const A_STRIDE = TILE_M + 1;
const B_STRIDE = TILE_N + 1;

var<workgroup> a_tile: array<f32, A_STRIDE * TILE_K>;
var<workgroup> b_tile: array<f32, B_STRIDE * TILE_K>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) t: u32) {
  let row = params.row + group.y * TILE_M;
  let column = group.x * TILE_N;
  if (outside_region(row, column)) { return; }
  let ty = t / COLUMNS;
  let tx = t % COLUMNS;
  var sum: array<f32, REG_M * REG_N>;

  for (var k = 0u; k < params.k; k += TILE_K) {
    for (var e = t; e < TILE_M * TILE_K; e += THREADS) {
      // Walk memory along its contiguous dimension: m when A is stored transposed, else k.
      let i = select(e / TILE_K, e % TILE_M, TRANS_A);
      let kk = select(e % TILE_K, e / TILE_M, TRANS_A);
      a_tile[kk * A_STRIDE + i] = load_a(row + i, k + kk, group.z);
    }
    for (var e = t; e < TILE_N * TILE_K; e += THREADS) {
      let j = select(e % TILE_N, e / TILE_K, TRANS_B);
      let kk = select(e / TILE_N, e % TILE_K, TRANS_B);
      b_tile[kk * B_STRIDE + j] = load_b(k + kk, column + j, group.z);
    }
    workgroupBarrier();
    for (var kk = 0u; kk < TILE_K; kk++) {
      var a_reg: array<f32, REG_M>;
      var b_reg: array<f32, REG_N>;
      for (var i = 0u; i < REG_M; i++) { a_reg[i] = a_tile[kk * A_STRIDE + ty + i * ROWS]; }
      for (var j = 0u; j < REG_N; j++) { b_reg[j] = b_tile[kk * B_STRIDE + tx + j * COLUMNS]; }
      for (var i = 0u; i < REG_M; i++) {
        for (var j = 0u; j < REG_N; j++) { sum[i * REG_N + j] += a_reg[i] * b_reg[j]; }
      }
    }
    workgroupBarrier();
  }

  for (var i = 0u; i < REG_M; i++) {
    for (var j = 0u; j < REG_N; j++) {
      store_c(row + ty + i * ROWS, column + tx + j * COLUMNS, group.z, sum[i * REG_N + j]);
    }
  }
}
