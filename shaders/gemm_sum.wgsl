// C[m,n] = alpha · Σ_p partial[p] + beta · C, batched over z: adds up the partial products [parts,m,n] of every batch that
// a product split over k left behind. In the order of k, so that the same product always gives the same bits.
@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let at = flat_index(id, groups, SIZE);
  let i = at / params.n;
  let j = at % params.n;
  // the product did not compute tiles outside the region
  if (i >= params.m || outside_region(i / C_ROWS * C_ROWS, j / C_COLUMNS * C_COLUMNS)) { return; }
  let size = params.m * params.n;
  let first = id.z * params.parts * size + at;
  var sum = 0.0;
  for (var p = 0u; p < params.parts; p++) { sum += partial[first + p * size]; }
  store_c(i, j, id.z, sum);
}
