// What a tile of gemm_tiled.wgsl loads of a B that is read by index (read_b).

// Four columns of op(B) at one k; zero outside and from `end` on. As load_a.
fn load_b(k: u32, end: u32, j: u32, batch: u32) -> vec4f {
  let base = params.b_offset + batch * params.b_batch + min(k, end - 1u) * select(params.ldb, 1u, TRANS_B);
  let step = select(1u, params.ldb, TRANS_B);
  let at = min(vec4u(j) + vec4u(0, 1, 2, 3), vec4u(params.n - 1u)) * step + base;
  let inside = (vec4u(j) + vec4u(0, 1, 2, 3) < vec4u(params.n)) & vec4<bool>(k < end);
  return select(vec4f(), vec4f(read_b(at.x), read_b(at.y), read_b(at.z), read_b(at.w)), inside);
}

#for l in LOADS_B
fn load_b_${l}(k: u32, end: u32, j: u32, batch: u32) -> vec4f { return load_b(k, end, j, batch); }
#end
