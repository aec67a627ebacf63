// Float16 or bfloat16, two a word, as float32.
struct Params {
  first: u32, count: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> halves: array<u32>; // [⌈count / 2⌉]
@group(0) @binding(2) var<storage, read_write> y: array<f32>; // [first, first + count) is written

fn widened(half: u32) -> f32 {
  if (BRAIN) { return bitcast<f32>(half << 16u); }
  return f16_to_f32(half);
}

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = 2u * flat_index(id, groups, SIZE);
  if (i >= params.count) { return; }
  let pair = halves[i / 2u];
  y[params.first + i] = widened(pair & 0xffffu);
  if (i + 1u < params.count) { y[params.first + i + 1u] = widened(pair >> 16u); }
}
