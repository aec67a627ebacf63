// Finds the digit of the value at every wanted rank and appends it to the rank's prefix; what is left of the rank is its
// place among the values of the longer prefix. One workgroup, an invocation a rank.
// counts: as select_histogram.wgsl left them; ranks, prefixes: [count].
struct Params { count: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> counts: array<u32>;
@group(0) @binding(2) var<storage, read_write> ranks: array<u32>;
@group(0) @binding(3) var<storage, read_write> prefixes: array<u32>;

const BINS = 1u << DIGIT;

@compute @workgroup_size(SIZE)
fn main(@builtin(local_invocation_index) t: u32) {
  let i = min(t, params.count - 1u);
  let prefix = prefixes[i];
  var leader = i;
  while (leader > 0u && prefixes[leader - 1u] == prefix) { leader -= 1u; }
  let rank = ranks[i];
  var before = 0u;
  var digit = 0u;
  for (; digit < BINS - 1u; digit++) {
    let counted = counts[leader * BINS + digit];
    if (rank - before < counted) { break; }
    before += counted;
  }
  // all must have looked at the prefixes before one changes
  storageBarrier();
  if (t < params.count) {
    ranks[i] = rank - before;
    prefixes[i] = (prefix << DIGIT) | digit;
  }
}
