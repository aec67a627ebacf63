// Gradient of clipping_weights.wgsl to b and g, roundings taken as straight through (dround(x)/dx = 1) and clamps passing
// within their bounds, those included; one workgroup a (row, group). With c = round(w/step) + zero, q = clamp(c, 0, top):
//   dstep = Σ dy·(q − zero − [c = q]·w/step),  dzero = −Σ dy·step·[c ≠ q],
//   zero = −low/step,  step = (high − low)/top  where neither is clamped,
//   db = dlow·min·σ'(b),  dg = dhigh·max·σ'(g).
// w, dy: [rows, columns]; d: [2, rows, groups], db and dg.
@group(0) @binding(3) var<storage, read> w: array<f32>;
@group(0) @binding(4) var<storage, read> dy: array<f32>;
@group(0) @binding(5) var<storage, read_write> d: array<f32>;

@compute @workgroup_size(RADIX * RADIX)
fn main(
  @builtin(workgroup_id) id: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let cell = id.y * grid.x + id.x;
  let cells = params.rows * params.groups;
  if (cell >= cells) { return; }
  let row = cell / params.groups * params.columns;
  let begin = cell % params.groups * params.group_size;
  let end = min(begin + params.group_size, params.columns);
  let range = range_of(cell);
  var step_part = 0.0;
  var zero_part = 0.0;
  for (var column = begin + lane; column < end; column += RADIX * RADIX) {
    let ratio = w[row + column] / range.step;
    let code = round(ratio) + range.zero;
    let inside = code >= 0.0 && code <= top();
    let slope = clamp(code, 0.0, top()) - range.zero - select(0.0, ratio, inside);
    step_part += dy[row + column] * slope;
    zero_part -= select(dy[row + column] * range.step, 0.0, inside);
  }
  let through_zero = select(0.0, workgroup_sum(lane, zero_part) / range.step, abs(range.low / range.step) <= MOST);
  let through_step = workgroup_sum(lane, step_part) + through_zero * range.low / range.step;
  let raw = spacing(range.low, range.high);
  let spread = select(0.0, through_step / top(), raw >= LEAST_STEP && raw <= MOST);
  if (lane == 0u) {
    d[cell] = (-through_zero - spread) * ends[cell] * range.steeps.x;
    d[cells + cell] = spread * ends[cells + cell] * range.steeps.y;
  }
}
