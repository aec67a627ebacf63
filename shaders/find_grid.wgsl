// Min-max grid of every (row, group) in the dialect of the GPTQ reference code: zero always lies inside the range.
// w: [rows, columns]; steps, zeros: [rows, groups]. Steps are rounded to float16, as they will be stored, before
// anything is quantized with them. An invocation takes one (row, group).
struct Params { rows: u32, columns: u32, group_size: u32, groups: u32, first_group: u32, count: u32, bits: u32, symmetric: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> w: array<f32>;
@group(0) @binding(2) var<storage, read_write> steps: array<f32>;
@group(0) @binding(3) var<storage, read_write> zeros: array<f32>;

// The smallest float16 above zero: a group of vanishing weights still needs a step to divide by.
const TINY = 5.9604645e-8;

fn half(value: f32) -> f32 {
  return max(TINY, f16_to_f32(f32_to_f16(value)));
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) grid: vec3u) {
  let i = flat_index(id, grid, 64u);
  if (i >= params.rows * params.count) { return; }
  let row = i / params.count;
  let group = params.first_group + i % params.count;
  let begin = group * params.group_size;
  let end = min(begin + params.group_size, params.columns);

  var low = 0.0;
  var high = 0.0;
  var magnitude = 0.0;
  for (var column = begin; column < end; column++) {
    let value = w[row * params.columns + column];
    low = min(low, value);
    high = max(high, value);
    magnitude += abs(value);
  }

  let top = f32((1u << params.bits) - 1u);
  var step: f32;
  var zero: f32;
  if (params.symmetric == 0u) {
    if (low == 0.0 && high == 0.0) { low = -1.0; high = 1.0; }
    step = half((high - low) / top);
    zero = clamp(round(-low / step), 0.0, top);
  } else if (params.bits == 1u) {
    // ± the mean magnitude: the best two levels for weights symmetric about zero.
    step = 2.0 * half(magnitude / f32(end - begin));
    zero = 0.5;
  } else {
    let reach = select(max(-low, high), 1.0, low == 0.0 && high == 0.0);
    step = half(2.0 * reach / top);
    zero = f32(1u << (params.bits - 1u));
  }
  let at = row * params.groups + group;
  steps[at] = step;
  zeros[at] = zero;
}
