// What LANES neighbours found of ROWS rows from `first` on and TOKENS tokens, in `parts`: added up and stored in y. All
// invocations must call it. `params` names the tokens and rows there are and where they lie in y.
var<workgroup> parts: array<f32, SIZE * ROWS * TOKENS>; // sum after sum, each of all invocations

fn store_sums(index: u32, lane: u32, first: u32) {
  for (var step = LANES / 2u; step > 0u; step /= 2u) {
    workgroupBarrier();
    if (lane < step) {
      #for p in SUMS
      parts[${p} * SIZE + index] += parts[${p} * SIZE + index + step];
      #end
    }
  }
  if (lane == 0u) {
    #for r in ROWS
    #for t in TOKENS
    if (${t}u < params.tokens && first + ${r}u < params.rows) {
      y[(params.token + ${t}u) * params.y_stride + params.y_offset + first + ${r}u] = parts[(${r} * TOKENS + ${t}) * SIZE + index];
    }
    #end
    #end
  }
}
