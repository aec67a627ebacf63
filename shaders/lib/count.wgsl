// count[0] += the invocations of a workgroup whose `counts` is true. All invocations must call it.
var<workgroup> counted: atomic<u32>;

fn count_all(lane: u32, counts: bool) {
  if (lane == 0u) { atomicStore(&counted, 0u); }
  workgroupBarrier();
  if (counts) { atomicAdd(&counted, 1u); }
  workgroupBarrier();
  if (lane == 0u) { atomicAdd(&count[0], atomicLoad(&counted)); }
}
