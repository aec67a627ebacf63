// y = step·(clamp(round(w/step) + zero, 0, top) − zero) on the clipped range of each weight's group; w, y: [rows, columns].
@group(0) @binding(3) var<storage, read> w: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) grid: vec3u) {
  let i = flat_index(id, grid, SIZE);
  if (i >= params.rows * params.columns) { return; }
  let range = range_of(i / params.columns * params.groups + i % params.columns / params.group_size);
  y[i] = range.step * (clamp(round(w[i] / range.step) + range.zero, 0.0, top()) - range.zero);
}
