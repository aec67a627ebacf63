// Counts values by one digit of their magnitude, for every prefix of digits that a wanted rank has come to: magnitudes
// order as their bits do. Values before `zeros[0]` count as 0.
// values: [count]; prefixes: [ranks], ascending; counts: [ranks, BINS], where ranks of the same prefix use the first one's.
struct Params { first: u32, count: u32, ranks: u32, shift: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> values: array<f32>;
@group(0) @binding(2) var<storage, read> zeros: array<u32>;
@group(0) @binding(3) var<storage, read> prefixes: array<u32>;
@group(0) @binding(4) var<storage, read_write> counts: array<atomic<u32>>;

const BINS = 1u << DIGIT;

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = params.first + flat_index(id, groups, SIZE);
  if (i >= params.count) { return; }
  let digits = select(bitcast<u32>(abs(values[i])), 0u, i < zeros[0]) >> params.shift;
  let prefix = digits >> DIGIT;
  // the first rank whose prefix is not below
  var low = 0u;
  var high = params.ranks;
  while (low < high) {
    let middle = (low + high) / 2u;
    if (prefixes[middle] < prefix) { low = middle + 1u; } else { high = middle; }
  }
  if (low < params.ranks && prefixes[low] == prefix) { atomicAdd(&counts[low * BINS + (digits & (BINS - 1u))], 1u); }
}
