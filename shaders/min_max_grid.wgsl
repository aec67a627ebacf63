// Grid between the smallest and the largest weight of every (row, group), both drawn in by the factor `shrink`, in the
// dialect of the AWQ and llmc codes: the range is no smaller than 10⁻⁵, the zero clamped to the codes. But 0 always lies
// inside: there a group of one sign is cut off by its clamped zero, down to nothing where all weights are alike. w: [rows, columns]; steps, zeros: [rows, groups]. Steps are rounded to
// float16, as they will be stored, before anything is quantized with them. (row, group)s are shared as
// lib/together.wgsl or lib/alone.wgsl say.
struct Params { rows: u32, columns: u32, group_size: u32, groups: u32, bits: u32, shrink: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> w: array<f32>;
@group(0) @binding(2) var<storage, read_write> steps: array<f32>;
@group(0) @binding(3) var<storage, read_write> zeros: array<f32>;

// The least range, and the smallest float16 above zero: with many bits the least range has steps that round to nothing.
const LEAST_RANGE = 1e-5;
const TINY = 5.9604645e-8;

@compute @workgroup_size(SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let at = item_of(group.y * grid.x + group.x, index);
  if (at >= params.rows * params.groups) { return; }
  let lane = index % LANES;
  let begin = at % params.groups * params.group_size;
  let end = min(begin + params.group_size, params.columns);
  let row = at / params.groups * params.columns;
  var lowest = 0.0;
  var highest = 0.0;
  for (var column = begin + lane; column < end; column += LANES) {
    lowest = min(lowest, w[row + column]);
    highest = max(highest, w[row + column]);
  }
  let low = -params.shrink * max_over_lanes(lane, -lowest);
  let high = params.shrink * max_over_lanes(lane, highest);
  if (lane == 0u) {
    let top = f32((1u << params.bits) - 1u);
    let step = max(TINY, f16_to_f32(f32_to_f16(max(high - low, LEAST_RANGE) / top)));
    steps[at] = step;
    zeros[at] = clamp(-round(low / step), 0.0, top);
  }
}
