// A uniform grid of levels step·(q − zero), q = 0 … top. A one-bit symmetric grid has zero ½: levels ±step/2.
fn nearest_code(w: f32, step: f32, zero: f32, top: f32) -> f32 {
  return clamp(round(w / step + zero), 0.0, top);
}

fn level(code: f32, step: f32, zero: f32) -> f32 {
  return step * (code - zero);
}
