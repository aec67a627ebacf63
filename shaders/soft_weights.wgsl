// weights = (low + step·q)·f (lib/rounding.wgsl), one weight an invocation. Hard codes on a grid whose ends are multiples
// of the step round nowhere while f = 1: the weights are those of the stored codes.
// nu, weights: [rows, columns]; factor: [rows, groups] v, and what its optimiser remembers; grid: [rows, groups] (low, step); base: packed.
struct Params { rows: u32, columns: u32, groups: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> base: array<u32>;
@group(0) @binding(2) var<storage, read> nu: array<f32>;
@group(0) @binding(3) var<storage, read> factor: array<vec4f>;
@group(0) @binding(4) var<storage, read> places: array<u32>;
@group(0) @binding(5) var<storage, read> grid: array<vec2f>;
@group(0) @binding(6) var<storage, read_write> weights: array<f32>;

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, SIZE);
  if (i >= params.rows * params.columns) { return; }
  let row = i / params.columns;
  let column = i % params.columns;
  let group = group_of(column);
  let at = row * params.groups + group;
  let below = f32(code_in_word(base[word_of(row, column)], column));
  let q = soft_code(below, 1.2 * sigmoid(nu[i]) - 0.1, f32(top_of(group)));
  weights[i] = (grid[at].x + grid[at].y * q) * factor_of(factor[at].x);
}
