// y = x with each of its lines multiplied or divided by its number in s. A line is a column (every = 1), a row
// (every = elements of a row), or one element of a vector. What is divided may stand
// for itself plus an offset.
struct Params { count: u32, every: u32, lines: u32, divide: u32, offset: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [count]
@group(0) @binding(2) var<storage, read> s: array<f32>; // [lines]
@group(0) @binding(3) var<storage, read_write> y: array<f32>; // [count]

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, 256u);
  if (i >= params.count) { return; }
  let scale = s[(i / params.every) % params.lines];
  if (params.divide == 1u) { y[i] = (x[i] + params.offset) / scale - params.offset; } else { y[i] = x[i] * scale; }
}
