// Gradient to the logits b and g of clipped_lines.wgsl of what has the gradient dy to level_weights.wgsl's y, roundings and the
// way onto a type's levels taken as straight through; a workgroup a sub-block, or an invocation (LANES = 1). With
// c = (w − low)/step, q its nearest code:
//   dstep = Σ dy·(q − [0 ≤ round c ≤ top]·c),  dlow = Σ dy·[round c < 0 or > top];
//   db = (dlow − dstep/top)·low₀·k'(b),  dg = dstep/top·high₀·k'(g);
//   symmetric, low = −zero·step:  dg = (dstep − zero·dlow)·step₀·k'(g).
// w, dy: [rows, columns]; levels, lines: [rows, groups] (low, step); clips, d: [2, rows, groups].
@group(0) @binding(1) var<storage, read> lines: array<vec2f>;
@group(0) @binding(2) var<storage, read> levels: array<vec2f>;
@group(0) @binding(3) var<storage, read> clips: array<f32>;
@group(0) @binding(4) var<storage, read> w: array<f32>;
@group(0) @binding(5) var<storage, read> dy: array<f32>;
@group(0) @binding(6) var<storage, read_write> d: array<f32>;

@compute @workgroup_size(SIZE)
fn main(
  @builtin(workgroup_id) id: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let cell = item_of(id.y * grid.x + id.x, index);
  if (cell >= params.cells) { return; }
  let lane = index % LANES;
  let level = levels[cell];
  var step_part = 0.0;
  var low_part = 0.0;
  // cells follow one another as their columns do
  for (var i = cell * params.size + lane; i < (cell + 1u) * params.size; i += LANES) {
    let ratio = (w[i] - level.x) / level.y;
    let code = round(ratio);
    let inside = code >= 0.0 && code <= params.top;
    step_part += dy[i] * (clamp(code, 0.0, params.top) - select(0.0, ratio, inside));
    low_part += select(dy[i], 0.0, inside);
  }
  let by_step = sum_over_lanes(lane, step_part);
  let by_low = sum_over_lanes(lane, low_part);
  if (lane > 0u) { return; }
  let line = lines[cell];
  let steep = steepness(vec2f(clips[cell], clips[params.cells + cell]));
  if (SYMMETRIC) {
    d[cell] = 0.0;
    d[params.cells + cell] = (by_step - 0.5 * (params.top + 1.0) * by_low) * line.y * steep.y;
  } else {
    d[cell] = (by_low - by_step / params.top) * line.x * steep.x;
    d[params.cells + cell] = by_step / params.top * high_of(line) * steep.y;
  }
}
