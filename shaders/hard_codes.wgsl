// codes = min(base + [ν > 0], top); nu, codes: [rows, columns]; base: packed (lib/rounding.wgsl).
struct Params { rows: u32, columns: u32, groups: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> base: array<u32>;
@group(0) @binding(2) var<storage, read> nu: array<f32>;
@group(0) @binding(3) var<storage, read> places: array<u32>;
@group(0) @binding(4) var<storage, read_write> codes: array<u32>;

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, SIZE);
  if (i >= params.rows * params.columns) { return; }
  let row = i / params.columns;
  let column = i % params.columns;
  let below = code_in_word(base[word_of(row, column)], column);
  codes[i] = min(below + select(0u, 1u, nu[i] > 0.0), top_of(group_of(column)));
}
