// As lib/histogram.wgsl, but every invocation adds its element to the bins of all: for software adapters, where barriers
// and workgroup memory cost more than they save.
@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * SIZE + id.x;
  if (i >= params.count) { return; }
  let bin = bin_of(i);
  if (bin < BINS) { atomicAdd(&bins[FIRST + bin], 1u); }
}
