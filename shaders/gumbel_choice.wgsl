// p [rows, choices]: in each row 1 at the first largest disturbed logit and 0 elsewhere; see lib/gumbel.wgsl.
@group(0) @binding(2) var<storage, read_write> p: array<f32>;

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = flat_index(id, groups, SIZE);
  if (row >= params.rows) { return; }
  var chosen = 0u;
  var top = disturbed(row, 0u);
  for (var k = 1u; k < params.choices; k++) {
    let value = disturbed(row, k);
    if (value > top) {
      chosen = k;
      top = value;
    }
  }
  for (var k = 0u; k < params.choices; k++) { p[row * params.choices + k] = select(0.0, 1.0, k == chosen); }
}
