// count[0] += codes min(base + [ν > 0], top) that are not those of the levels nearest to w, the lower of two as near.
// w, nu: [rows, columns]; grid: [rows, groups] (low, step); base: packed (lib/rounding.wgsl).
struct Params { rows: u32, columns: u32, groups: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> w: array<f32>;
@group(0) @binding(2) var<storage, read> places: array<u32>;
@group(0) @binding(3) var<storage, read> grid: array<vec2f>;
@group(0) @binding(4) var<storage, read> base: array<u32>;
@group(0) @binding(5) var<storage, read> nu: array<f32>;
@group(0) @binding(6) var<storage, read_write> count: array<atomic<u32>>;

fn flipped(i: u32) -> bool {
  let row = i / params.columns;
  let column = i % params.columns;
  let group = group_of(column);
  let below = code_in_word(base[word_of(row, column)], column);
  let cell = grid[row * params.groups + group];
  let above = w[i] - cell.x - f32(below) * cell.y;
  let nearest_up = 2.0 * select(above, -above, cell.y < 0.0) > abs(cell.y);
  return below < top_of(group) && (nu[i] > 0.0) != nearest_up;
}

@compute @workgroup_size(SIZE)
fn main(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = flat_index(id, groups, SIZE);
  count_all(lane, i < params.rows * params.columns && flipped(i));
}
