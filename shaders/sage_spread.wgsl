// Counts a = |w − c| of w [count] by equal steps from 0 on; what lies beyond the last is left out. The main is
// lib/histogram.wgsl's.
struct Params { count: u32, center: f32, steps: f32 } // steps a unit of magnitude
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> w: array<f32>;
@group(0) @binding(2) var<storage, read_write> bins: array<atomic<u32>>;

const FIRST = 0u;

fn bin_of(i: u32) -> u32 {
  return u32(min(abs(w[i] - params.center) * params.steps, f32(BINS)));
}
