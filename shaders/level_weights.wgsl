// y = the level nearest to w on the line of its sub-block; w, y: [rows, columns]; levels: [rows, groups] (low, step).
@group(0) @binding(1) var<storage, read> levels: array<vec2f>;
@group(0) @binding(2) var<storage, read> w: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) grid: vec3u) {
  let i = flat_index(id, grid, SIZE);
  if (i >= params.cells * params.size) { return; }
  let level = levels[i / params.size];
  y[i] = level.x + level.y * clamp(round((w[i] - level.x) / level.y), 0.0, params.top);
}
