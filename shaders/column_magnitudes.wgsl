// sums[s, j] = Σᵢ |x[i, j]| over slice s of the rows; x: [rows, columns], sums: [slices, columns].
// A workgroup takes 64 columns of a slice; its 4 lanes share the rows, so that neighbours read neighbours.
struct Params { rows: u32, columns: u32, slice: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> sums: array<f32>;

var<workgroup> partial: array<f32, 256>;

@compute @workgroup_size(64, 4)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let column = group.x * 64u + local.x;
  let begin = group.y * params.slice;
  let end = min(begin + params.slice, params.rows);
  var sum = 0.0;
  if (column < params.columns) {
    for (var row = begin + local.y; row < end; row += 4u) { sum += abs(x[row * params.columns + column]); }
  }
  partial[local.y * 64u + local.x] = sum;
  workgroupBarrier();
  if (local.y == 0u && column < params.columns) {
    sums[group.y * params.columns + column] =
      partial[local.x] + partial[64u + local.x] + partial[128u + local.x] + partial[192u + local.x];
  }
}
