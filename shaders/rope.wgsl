// Rotary position embedding in place, Hugging Face layout: within a head, element i turns with element i + half_dim;
// what a head holds beyond 2 · half_dim stays.
// Rows are windows one after another; row r of them stands at position start + r mod length. A turn of −1 undoes one of 1.
struct Params {
  row: u32, rows: u32, heads: u32, half_dim: u32, head_dim: u32, length: u32, start: u32, turn: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> cosines: array<f32>; // [positions, half_dim]
@group(0) @binding(2) var<storage, read> sines: array<f32>; // [positions, half_dim]
@group(0) @binding(3) var<storage, read_write> x: array<f32>; // [… row + rows, heads · headDim]

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = flat_index(id, groups, SIZE); // over [rows, heads, half_dim]
  let pairs = params.heads * params.half_dim;
  if (index >= params.rows * pairs) { return; }
  let r = index / pairs;
  let head = index % pairs / params.half_dim;
  let i = index % params.half_dim;
  let angle = (params.start + r % params.length) * params.half_dim + i;
  let low = ((params.row + r) * params.heads + head) * params.head_dim + i;
  let high = low + params.half_dim;
  let a = x[low];
  let b = x[high];
  let sine = params.turn * sines[angle];
  x[low] = a * cosines[angle] - b * sine;
  x[high] = b * cosines[angle] + a * sine;
}
