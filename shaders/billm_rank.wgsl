// Columns of a block by falling saliency; of equals the first first. One workgroup, an invocation a column.
// sums: [slices, count]; ranked: [count], the column of every rank.
struct Params { count: u32, slices: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> sums: array<f32>;
@group(0) @binding(2) var<storage, read_write> ranked: array<u32>;

var<workgroup> totals: array<f32, BLOCK>;

@compute @workgroup_size(BLOCK)
fn main(@builtin(local_invocation_index) j: u32) {
  var total = 0.0;
  if (j < params.count) {
    for (var s = 0u; s < params.slices; s++) { total += sums[s * params.count + j]; }
  }
  totals[j] = total;
  workgroupBarrier();
  var rank = 0u;
  for (var i = 0u; i < params.count; i++) {
    let other = totals[i];
    rank += u32(other > total || (other == total && i < j));
  }
  if (j < params.count) { ranked[rank] = j; }
}
