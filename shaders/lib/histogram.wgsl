// bins[FIRST + k] += elements i < params.count of which `bin_of(i)` is k; none where it is BINS or more. A workgroup counts
// ITEMS·SIZE elements by itself before it adds to the bins of all. lib/histogram_alone.wgsl is the other way.
var<workgroup> counts: array<atomic<u32>, BINS>;

@compute @workgroup_size(SIZE)
fn main(
  @builtin(workgroup_id) id: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let first = (id.y * groups.x + id.x) * SIZE * ITEMS;
  for (var k = lane; k < BINS; k += SIZE) { atomicStore(&counts[k], 0u); }
  workgroupBarrier();
  for (var i = first + lane; i < min(first + SIZE * ITEMS, params.count); i += SIZE) {
    let bin = bin_of(i);
    if (bin < BINS) { atomicAdd(&counts[bin], 1u); }
  }
  workgroupBarrier();
  for (var k = lane; k < BINS; k += SIZE) {
    let counted = atomicLoad(&counts[k]);
    if (counted > 0u) { atomicAdd(&bins[FIRST + k], counted); }
  }
}
