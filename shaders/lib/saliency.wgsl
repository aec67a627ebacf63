// How much a weight matters: w²/U², what setting it to zero costs at least, or w itself. `unit` is a power of two that keeps
// its square in range and changes no choice.
fn saliency(w: f32, u: f32, hessian: bool, unit: f32) -> f32 {
  return select(w, unit * (w / u) * (w / u), hessian);
}
