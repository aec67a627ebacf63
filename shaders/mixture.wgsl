// d [rows, columns] = Σₖ p[j, k]·e[k, i, j]; p: [columns, choices], e: [choices, rows, columns].
struct Params {
  rows: u32, columns: u32, choices: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> p: array<f32>;
@group(0) @binding(2) var<storage, read> e: array<f32>;
@group(0) @binding(3) var<storage, read_write> d: array<f32>;

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let at = flat_index(id, groups, SIZE);
  let count = params.rows * params.columns;
  if (at >= count) { return; }
  let column = at % params.columns;
  var sum = 0.0;
  for (var k = 0u; k < params.choices; k++) { sum += p[column * params.choices + k] * e[k * count + at]; }
  d[at] = sum;
}
