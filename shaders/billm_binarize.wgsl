// Binarizes a block of a row: salient columns by center ± first ± second, the others by the center ± amplitude of their
// group of magnitudes. Levels are rounded to float16 as soon as they are known, so that what follows makes up for it.
// w: [rows, columns], updated by the blocks before; pivots: diag U [columns]; search, ranked: see billm_gather.wgsl;
// choice: weights of salient columns, these columns, bits of the threshold; levels: [rows, cells, 7], center and amplitude of small
// and of large, center, first and second of salient; codes: [rows, columns]; errors: [rows, BLOCK], (w − ŵ)/Uⱼⱼ.
struct Params { rows: u32, columns: u32, first: u32, count: u32, cell: u32, cells: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> w: array<f32>;
@group(0) @binding(2) var<storage, read> pivots: array<f32>;
@group(0) @binding(3) var<storage, read> search: array<f32>;
@group(0) @binding(4) var<storage, read> ranked: array<u32>;
@group(0) @binding(5) var<storage, read> choice: array<u32>;
@group(0) @binding(6) var<storage, read_write> levels: array<f32>;
@group(0) @binding(7) var<storage, read_write> codes: array<u32>;
@group(0) @binding(8) var<storage, read_write> errors: array<f32>;

fn weight(row: u32, rank: u32) -> f32 {
  return w[row * params.columns + params.first + ranked[rank]];
}

fn is_large(row: u32, rank: u32, threshold: f32) -> bool {
  return abs(search[rank * params.rows + row]) >= threshold;
}

fn store(row: u32, rank: u32, code: u32, error: f32) {
  let j = ranked[rank];
  let column = params.first + j;
  codes[row * params.columns + column] = code;
  errors[row * BLOCK + j] = error / pivots[column];
}

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = flat_index(id, groups, SIZE);
  if (row >= params.rows) { return; }
  let salient = choice[1];
  let threshold = bitcast<f32>(choice[2]);
  let at = 7u * (row * params.cells + params.cell);

  // x: small, y: large
  var centers = vec2f();
  var counts = vec2f();
  for (var r = salient; r < params.count; r++) {
    let own = select(vec2f(1.0, 0.0), vec2f(0.0, 1.0), is_large(row, r, threshold));
    centers += own * weight(row, r);
    counts += own;
  }
  counts = max(counts, vec2f(1.0));
  centers = vec2f(half(centers.x / counts.x), half(centers.y / counts.y));
  var amplitudes = vec2f();
  for (var r = salient; r < params.count; r++) {
    let large = is_large(row, r, threshold);
    let own = select(vec2f(1.0, 0.0), vec2f(0.0, 1.0), large);
    amplitudes += own * abs(weight(row, r) - select(centers.x, centers.y, large));
  }
  amplitudes = vec2f(half(amplitudes.x / counts.x), half(amplitudes.y / counts.y));
  for (var r = salient; r < params.count; r++) {
    let large = is_large(row, r, threshold);
    let value = weight(row, r);
    let center = select(centers.x, centers.y, large);
    let plus = value >= center;
    let level = signed_level(center, select(amplitudes.x, amplitudes.y, large), plus);
    store(row, r, select(0u, LARGE, large) | select(0u, PLUS, plus), value - level);
  }
  levels[at] = centers.x;
  levels[at + 1u] = amplitudes.x;
  levels[at + 2u] = centers.y;
  levels[at + 3u] = amplitudes.y;

  let n = f32(max(salient, 1u));
  var mean = 0.0;
  for (var r = 0u; r < salient; r++) { mean += weight(row, r); }
  mean /= n;
  var first = 0.0;
  var signs = 0.0;
  for (var r = 0u; r < salient; r++) {
    let x = weight(row, r) - mean;
    first += abs(x);
    signs += select(-1.0, 1.0, x >= 0.0);
  }
  // what the first signs leave has a mean of its own
  let center = half(mean - first / n * signs / n);
  first = half(first / n);
  var second = 0.0;
  for (var r = 0u; r < salient; r++) {
    let value = weight(row, r);
    second += abs(value - signed_level(center, first, value >= mean));
  }
  second = half(second / n);
  for (var r = 0u; r < salient; r++) {
    let value = weight(row, r);
    let plus = value >= mean;
    let middle = signed_level(center, first, plus);
    let again = value >= middle;
    store(row, r, SALIENT | select(0u, PLUS, plus) | select(0u, SECOND_PLUS, again), value - signed_level(middle, second, again));
  }
  levels[at + 4u] = center;
  levels[at + 5u] = first;
  levels[at + 6u] = second;
}
