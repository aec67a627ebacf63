// Learned weight clipping (Shao et al. 2023, arXiv 2308.13137, equation 2): a (row, group) with weights from min to max
// keeps those from σ(b)·min to σ(g)·max, on levels step·(q − zero), q = 0 … top.
struct Params { rows: u32, columns: u32, group_size: u32, groups: u32, bits: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> ends: array<f32>;  // [2, rows, groups]: min, max
@group(0) @binding(2) var<storage, read> clips: array<f32>; // [2, rows, groups]: b, g

// Bounds of a step, and of a zero's magnitude, in the authors' code.
const LEAST_STEP = 1e-5;
const MOST = 1e4;

struct Range {
  low: f32,
  high: f32,
  step: f32,     // clamped
  zero: f32,     // rounded
  steeps: vec2f, // dσ(b)/db and dσ(g)/dg
}

fn top() -> f32 {
  return f32((1u << params.bits) - 1u);
}

// Bounded, because e⁻ˣ must not overflow.
fn sigmoid(x: vec2f) -> vec2f {
  return 1.0 / (1.0 + exp(-clamp(x, vec2f(-80.0), vec2f(80.0))));
}

// (high − low)/top before it is clamped to a step.
fn spacing(low: f32, high: f32) -> f32 {
  return (high - low) / top();
}

// The range of cell row·groups + group.
fn range_of(cell: u32) -> Range {
  let cells = params.rows * params.groups;
  let kept = sigmoid(vec2f(clips[cell], clips[cells + cell]));
  let low = kept.x * ends[cell];
  let high = kept.y * ends[cells + cell];
  let step = clamp(spacing(low, high), LEAST_STEP, MOST);
  return Range(low, high, step, round(clamp(-low / step, -MOST, MOST)), kept * (1.0 - kept));
}
