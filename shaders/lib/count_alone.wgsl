// As lib/count.wgsl, for software adapters, where barriers and workgroup memory cost more than they save.
fn count_all(lane: u32, counts: bool) {
  if (counts) { atomicAdd(&count[0], 1u); }
}
