// float16 by integer arithmetic, so that every device agrees to the bit whether or not it has shader-f16 or flushes
// subnormals: no value below passes through a float operation.

// The low 16 bits as a float16; exact, subnormals, infinities and NaN included.
fn f16_to_f32(half: u32) -> f32 {
  let sign = (half & 0x8000u) << 16u;
  let exponent = (half >> 10u) & 0x1fu;
  let mantissa = half & 0x3ffu;
  if (exponent == 0x1fu) {
    return bitcast<f32>(sign | 0x7f800000u | (mantissa << 13u));
  }
  if (exponent != 0u) {
    return bitcast<f32>(sign | ((exponent + 112u) << 23u) | (mantissa << 13u));
  }
  if (mantissa == 0u) {
    return bitcast<f32>(sign);
  }
  let leading = firstLeadingBit(mantissa);
  return bitcast<f32>(sign | ((leading + 103u) << 23u) | ((mantissa << (23u - leading)) & 0x7fffffu));
}

// Bits of the nearest float16, ties to even, subnormals kept. What is too large becomes ±65504, the largest finite
// value: a scale must never turn infinite. NaN stays NaN.
fn f32_to_f16(value: f32) -> u32 {
  let bits = bitcast<u32>(value);
  let sign = (bits >> 16u) & 0x8000u;
  let magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) {
    return sign | 0x7e00u;
  }
  let exponent = magnitude >> 23u;
  if (exponent >= 113u) {
    let rounded = (magnitude - 0x38000000u + 0xfffu + ((magnitude >> 13u) & 1u)) >> 13u;
    return sign | min(rounded, 0x7bffu);
  }
  // Below 2⁻¹⁴ a float16 counts in steps of 2⁻²⁴.
  let shift = 126u - exponent;
  if (shift > 24u) {
    return sign;
  }
  let significand = (magnitude & 0x7fffffu) | 0x800000u;
  let half_step = 1u << (shift - 1u);
  return sign | ((significand + half_step - 1u + ((significand >> shift) & 1u)) >> shift);
}
