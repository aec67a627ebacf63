// selection = (key, rank, bins): bins[k] += certainties of nu [count] whose digits above `shift` are key and k. A digit
// has DIGIT bits; a workgroup counts ITEMS·SIZE elements by itself before it adds to the bins of all.
struct Params { count: u32, shift: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> nu: array<f32>;
@group(0) @binding(2) var<storage, read_write> selection: array<atomic<u32>>;

const BINS = 1u << DIGIT;
var<workgroup> counts: array<atomic<u32>, BINS>;

@compute @workgroup_size(SIZE)
fn main(
  @builtin(workgroup_id) id: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let first = (id.y * groups.x + id.x) * SIZE * ITEMS;
  let key = atomicLoad(&selection[0]);
  for (var k = lane; k < BINS; k += SIZE) { atomicStore(&counts[k], 0u); }
  workgroupBarrier();
  for (var i = first + lane; i < min(first + SIZE * ITEMS, params.count); i += SIZE) {
    let digits = certainty(nu[i]) >> params.shift;
    if (digits >> DIGIT == key) { atomicAdd(&counts[digits & (BINS - 1u)], 1u); }
  }
  workgroupBarrier();
  for (var k = lane; k < BINS; k += SIZE) {
    let counted = atomicLoad(&counts[k]);
    if (counted > 0u) { atomicAdd(&selection[2u + k], counted); }
  }
}
