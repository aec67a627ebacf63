// Takes the threshold of the least error, the first of equals: choice[2] gets its bits. sums, thresholds: [QUANTILES].
@group(0) @binding(1) var<storage, read> sums: array<f32>;
@group(0) @binding(2) var<storage, read> thresholds: array<u32>;
@group(0) @binding(3) var<storage, read_write> choice: array<u32>;

@compute @workgroup_size(1)
fn main() {
  var best = 0u;
  for (var c = 1u; c < QUANTILES; c++) { best = select(best, c, sums[c] < sums[best]); }
  choice[2] = thresholds[best];
}
