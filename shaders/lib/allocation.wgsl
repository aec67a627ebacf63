// Widths over the columns of a layer: loss and gradient share these.
struct Params {
  columns: u32, choices: u32, slices: u32,
  scale: f32,  // 1/norm
  alpha: f32, goal: f32, temperature: f32, accumulate: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> widths: array<f32>; // [choices], bits
@group(0) @binding(2) var<storage, read> gains: array<f32>;  // [slices, choices, columns]

// Σᵢ e[k, i, j]·(D H)[i, j] over all rows.
fn gain(column: u32, k: u32) -> f32 {
  var sum = 0.0;
  for (var s = 0u; s < params.slices; s++) { sum += gains[(s * params.choices + k) * params.columns + column]; }
  return sum;
}
