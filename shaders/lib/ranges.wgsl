// What kernels share that quantize columns of several widths on range grids (lib/affine.wgsl).

// A column at its place in quantization order.
struct Column {
  source: u32, // its place in the matrix
  group: u32,
  top: f32,    // 2^bits − 1, the last code
  part: f32,   // 1/top, rounded once on the host: a division on the device may be 2.5 ulp off
}

// The code of the level nearest to w, the lower one halfway between two. The quotient only says which two to compare;
// where all levels fall together it is 0.
fn nearest_range_code(w: f32, low: f32, step: f32, top: f32) -> f32 {
  let below = clamp(floor((w - low) / max(step, 1e-30)), 0.0, top - 1.0);
  let code = below + select(0.0, 1.0, low + step * (below + 1.0) - w < w - (low + step * below));
  return select(0.0, code, step > 0.0);
}
