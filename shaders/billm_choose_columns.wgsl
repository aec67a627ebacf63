// Takes the number of salient columns of the least error, the first of equals, and asks for the quantiles of the rest.
// The quantile at q of n values lies between the sorted values at ⌊q(n − 1)⌋ and ⌈q(n − 1)⌉; no value is between them,
// so that the upper one splits as it does.
// sums: [choices]; choice: weights of salient columns, these columns; ranks: [QUANTILES], of 0.10, 0.11, … 0.90.
struct Params { rows: u32, count: u32, choices: u32, own_quantiles: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> sums: array<f32>;
@group(0) @binding(2) var<storage, read_write> choice: array<u32>;
@group(0) @binding(3) var<storage, read_write> ranks: array<u32>;

@compute @workgroup_size(QUANTILES)
fn main(@builtin(local_invocation_index) t: u32) {
  var best = 0u;
  for (var c = 1u; c < params.choices; c++) { best = select(best, c, sums[c] < sums[best]); }
  let salient = select(best + 1u, 0u, params.choices == 0u);
  let skipped = salient * params.rows;
  if (t == 0u) {
    choice[0] = skipped;
    choice[1] = salient;
  }
  // the authors' pool holds the salient weights as zeros, which come first
  let before = select(0u, skipped, params.own_quantiles != 0u);
  let last = params.count * params.rows - before - 1u;
  // ⌈(10 + t)/100·last⌉ without leaving 32 bits
  let percent = 10u + t;
  ranks[t] = before + percent * (last / 100u) + (percent * (last % 100u) + 99u) / 100u;
}
