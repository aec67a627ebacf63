// Counts the scores of w [count] by one digit, of those whose digits above are the key's: bins = (key, rank, counts), as
// harden_digit.wgsl takes them. The main is lib/histogram.wgsl's.
struct Params { count: u32, columns: u32, shift: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> w: array<f32>;
@group(0) @binding(2) var<storage, read> stats: array<vec2f>;
@group(0) @binding(3) var<storage, read_write> bins: array<atomic<u32>>;

const BINS = 1u << DIGIT;
const FIRST = 2u;

fn bin_of(i: u32) -> u32 {
  let digits = score(i / params.columns, w[i]) >> params.shift;
  return select(BINS, digits & (BINS - 1u), digits >> DIGIT == atomicLoad(&bins[0]));
}
