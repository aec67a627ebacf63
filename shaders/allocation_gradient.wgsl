// dL/dp [columns, choices] = g[0]·(2·gain[j, k]/norm + 2α·(mean bits − goal)·widths[k]/columns), mean bits = loss[2]
// (allocation_loss.wgsl); added to what is there when `accumulate` is not 0.
@group(0) @binding(3) var<storage, read> loss: array<f32>; // [6]
@group(0) @binding(4) var<storage, read> g: array<f32>;    // [6], of which only dL is used
@group(0) @binding(5) var<storage, read_write> d: array<f32>;

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let at = flat_index(id, groups, SIZE);
  if (at >= params.columns * params.choices) { return; }
  let k = at % params.choices;
  let pull = params.alpha * (loss[2] - params.goal) * widths[k] / f32(params.columns);
  var before = 0.0;
  if (params.accumulate != 0u) { before = d[at]; }
  d[at] = before + 2.0 * g[0] * (params.scale * gain(at / params.choices, k) + pull);
}
