// Levels of the affine grids, equal to src/formats/affine.ts to the bit. A float16 times an integer of 8 bits is exact
// in f32, so symmetric and zero grids round nowhere.

fn symmetric_level(scale: f32, code: u32, bits: u32) -> f32 {
  if (bits == 1u) {
    return scale * (2.0 * f32(code) - 1.0);
  }
  return scale * (f32(code) - f32(1u << (bits - 1u)));
}

fn zero_level(scale: f32, code: u32, zero: u32) -> f32 {
  return scale * (f32(code) - f32(zero));
}

// 1/(2^bits − 1), rounded once at compile time: a division on the device may be 2.5 ulp off.
const STEPS = array<f32, 9>(
  0.0, 1.0, 1.0 / 3.0, 1.0 / 7.0, 1.0 / 15.0, 1.0 / 31.0, 1.0 / 63.0, 1.0 / 127.0, 1.0 / 255.0,
);

// Distance of two levels, rounded to 16 significant bits: then step·code is exact and a fused multiply-add changes nothing.
fn step_of(range: f32, part: f32) -> f32 {
  return bitcast<f32>((bitcast<u32>(range * part) + 0x80u) & 0xffffff00u);
}

fn range_step(range: f32, bits: u32) -> f32 {
  return step_of(range, STEPS[bits]);
}

fn range_level(low: f32, range: f32, code: u32, bits: u32) -> f32 {
  return low + range_step(range, bits) * f32(code);
}
