// The clipped range of every (row, group) as it is stored: the step a float16, the zero one of the codes. A group of one
// sign reaches out to 0, since the zero would lie outside of its codes. steps, zeros: [rows, groups].
@group(0) @binding(3) var<storage, read_write> steps: array<f32>;
@group(0) @binding(4) var<storage, read_write> zeros: array<f32>;

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) grid: vec3u) {
  let cell = flat_index(id, grid, SIZE);
  if (cell >= params.rows * params.groups) { return; }
  let range = range_of(cell);
  let low = min(range.low, 0.0);
  let step = clamp(spacing(low, max(range.high, 0.0)), LEAST_STEP, MOST);
  steps[cell] = f16_to_f32(f32_to_f16(step));
  zeros[cell] = clamp(round(-low / step), 0.0, top());
}
