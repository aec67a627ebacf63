// Numbers that lines of GGUF blocks are made of: float16, or those of them with few significant bits.

// What a float16 counts in at the least.
const LEAST = 5.9604645e-8;

fn half(value: f32) -> f32 { return f16_to_f32(f32_to_f16(value)); }

// A positive value as a multiple of LEAST with so many significant bits: the nearest.
fn unit_near(value: f32, bits: u32) -> f32 {
  let part = 1u << (24u - bits);
  let coarse = bitcast<f32>((bitcast<u32>(value) + part / 2u) & ~(part - 1u));
  return max(LEAST, round(coarse * 16777216.0) * LEAST);
}
