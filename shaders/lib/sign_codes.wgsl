// Codes of a weight near one bit while a linear is worked on: bit 0 the sign, 1 for plus; bit 1 whether its group is
// that of large magnitudes; bit 2 a second sign; bit 3 whether it is salient; from bit 8 on its code on a uniform grid.
const PLUS = 1u;
const LARGE = 2u;
const SECOND_PLUS = 4u;
const SALIENT = 8u;
const GRID_SHIFT = 8u;

// A float as it is stored.
fn half(value: f32) -> f32 {
  return f16_to_f32(f32_to_f16(value));
}

// center ± amplitude, in this order of operations everywhere.
fn signed_level(center: f32, amplitude: f32, plus: bool) -> f32 {
  return center + select(-amplitude, amplitude, plus);
}
