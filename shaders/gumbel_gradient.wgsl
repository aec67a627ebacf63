// Straight through: the gradient of the hard choice is taken to be that of soft (lib/gumbel.wgsl). With g = dL/dp,
//   d (+)= soft∘(g − Σₖ softₖ·gₖ)/τ
// [rows, choices]; added to what is there when `accumulate` is not 0. An invocation a row.
@group(0) @binding(2) var<storage, read> g: array<f32>;
@group(0) @binding(3) var<storage, read_write> d: array<f32>;

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = flat_index(id, groups, SIZE);
  if (row >= params.rows) { return; }
  let base = row * params.choices;
  let top = highest(row);
  var total = 0.0;
  var mean = 0.0;
  for (var k = 0u; k < params.choices; k++) {
    let weight = exp(disturbed(row, k) - top);
    total += weight;
    mean += weight * g[base + k];
  }
  mean /= total;
  for (var k = 0u; k < params.choices; k++) {
    let soft = exp(disturbed(row, k) - top) / total;
    var before = 0.0;
    if (params.accumulate != 0u) { before = d[base + k]; }
    d[base + k] = before + soft * (g[base + k] - mean) / params.temperature;
  }
}
