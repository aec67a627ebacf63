// What a tile of gemm_tiled.wgsl loads of a B that is read by index (read_b): four columns of op(B) at one k, as load_a.
#for l in LOADS_B
fn load_b_${l}(k: u32, end: u32, j: u32, batch: u32) -> vec4f {
  let step = select(1u, params.ldb, TRANS_B);
  let at = params.b_offset + batch * params.b_batch + k * select(params.ldb, 1u, TRANS_B) + j * step;
  return select(vec4f(), vec4f(read_b(at), read_b(at + step), read_b(at + 2u * step), read_b(at + 3u * step)), k < end);
}

fn weights_${l}(loaded: vec4f, k: u32, j: u32) -> vec4f {
  return loaded;
}
#end
