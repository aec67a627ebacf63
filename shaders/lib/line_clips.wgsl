// What is kept of the two ends of a line: k(x) = σ(x)/σ(START), 1 where learning begins.

fn sigmoid(x: vec2f) -> vec2f {
  return 1.0 / (1.0 + exp(-clamp(x, vec2f(-80.0), vec2f(80.0)))); // e⁸⁰ is still finite
}

fn start() -> f32 {
  return 1.0 / sigmoid(vec2f(START)).x;
}

fn kept_of(logits: vec2f) -> vec2f {
  return sigmoid(logits) * start();
}

// dk/dx
fn steepness(logits: vec2f) -> vec2f {
  let s = sigmoid(logits);
  return s * (1.0 - s) * start();
}

fn high_of(line: vec2f) -> f32 {
  return line.x + params.top * line.y;
}
