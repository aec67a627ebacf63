// cap · tanh(score / cap). Beyond ±15 tanh is ±1 in float32, and an implementation by exponentials would overflow.
fn capped(score: f32) -> f32 {
  return params.softcap * tanh(clamp(score / params.softcap, -15.0, 15.0));
}

fn capped4(scores: vec4f) -> vec4f {
  return params.softcap * tanh(clamp(scores / params.softcap, vec4f(-15.0), vec4f(15.0)));
}

// What an uncapped score's gradient is of a capped one's.
fn cap_slopes(scores: vec4f) -> vec4f {
  return 1.0 - scores * scores / (params.softcap * params.softcap);
}

// The first key that a query at this position sees.
fn first_seen(position: u32) -> u32 {
  return select(0u, position + 1u - min(params.window, position + 1u), WINDOWED);
}
