// Low and range of (row, group) cells, rounded to float16 as they are stored. Plain: the smallest and largest weight;
// for 1-bit columns mean ∓ mean |w − mean|. SEARCH minimises Σⱼ ωⱼ·(wⱼ − level nearest to wⱼ)²: every invocation draws
// those ends towards the mean by a factor of its own (1 … LEAST), then takes turns ROUNDS times between giving codes
// and fitting (low, range) to them by weighted least squares, w ≈ low + range·code·part; the best of all rounds and
// invocations wins, judged with its parameters rounded.
// w: [rows, columns] in quantization order; columns: of each place; runs: groups as runs of `members`, which are places;
// importance: [columns] ω, original order; lows, ranges: [rows, groups]. A workgroup takes one cell of `count` runs
// from `first` on.
struct Params { first_row: u32, rows: u32, columns: u32, groups: u32, first: u32, count: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> w: array<f32>;
@group(0) @binding(2) var<storage, read> columns: array<Column>;
@group(0) @binding(3) var<storage, read> members: array<u32>;
@group(0) @binding(4) var<storage, read> runs: array<Run>;
@group(0) @binding(5) var<storage, read> importance: array<f32>;
@group(0) @binding(6) var<storage, read_write> lows: array<f32>;
@group(0) @binding(7) var<storage, read_write> ranges: array<f32>;

struct Run { begin: u32, count: u32 }

// A weight with what it needs to be quantized: w, ω, top, part.
var<workgroup> tile: array<vec4f, TILE>;
// Error, low, range that each invocation ended with.
var<workgroup> found: array<vec3f, SIZE>;

// Columns without any importance still have a mean.
const TINY = 1e-20;

fn half(value: f32) -> f32 {
  return f16_to_f32(f32_to_f16(value));
}

// Brings TILE members from `begin` on; returns how many there are.
fn load_tile(row: u32, run: Run, begin: u32, lane: u32) -> u32 {
  let count = min(TILE, run.count - begin);
  workgroupBarrier();
  for (var i = lane; i < count; i += SIZE) {
    let place = members[run.begin + begin + i];
    let column = columns[place];
    tile[i] = vec4f(w[row * params.columns + place], max(importance[column.source], TINY), column.top, column.part);
  }
  workgroupBarrier();
  return count;
}

// The same for a group that may lie in the tile as a whole already.
fn next_tile(row: u32, run: Run, begin: u32, lane: u32) -> u32 {
  if (run.count > TILE) { return load_tile(row, run, begin, lane); }
  return run.count;
}

@compute @workgroup_size(SIZE)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) lane: u32) {
  let index = id.y * grid.x + id.x;
  if (index >= params.rows * params.count) { return; }
  let row = params.first_row + index / params.count;
  let run = runs[params.first + index % params.count];
  let head = columns[members[run.begin]];

  // The ends. Each invocation looks at all weights: cheaper than meeting to share what each has found.
  var lowest = 3.4e38;
  var highest = -3.4e38;
  var weight = 0.0;
  var mean = 0.0;
  for (var begin = 0u; begin < run.count; begin += TILE) {
    let count = load_tile(row, run, begin, lane);
    for (var i = 0u; i < count; i++) {
      let item = tile[i];
      lowest = min(lowest, item.x);
      highest = max(highest, item.x);
      weight += item.y;
      mean += item.y * item.x;
    }
  }
  mean /= weight;
  if (head.top == 1.0) {
    var deviation = 0.0;
    for (var begin = 0u; begin < run.count; begin += TILE) {
      let count = next_tile(row, run, begin, lane);
      for (var i = 0u; i < count; i++) { deviation += tile[i].y * abs(tile[i].x - mean); }
    }
    // the mean of equal weights is off by a rounding, they themselves are not
    if (lowest < highest) {
      lowest = mean - deviation / weight;
      highest = mean + deviation / weight;
    }
  }

  let at = row * params.groups + head.group;
  if (!SEARCH) {
    if (lane == 0u) {
      lows[at] = half(lowest);
      ranges[at] = half(highest - lowest);
    }
    return;
  }

  let factor = 1.0 - (1.0 - LEAST) * f32(lane) / f32(SIZE - 1);
  var low = half(mean + factor * (lowest - mean));
  var range = half(factor * (highest - lowest));
  var best = vec3f(3.4e38, low, range);
  for (var round = 0u; round <= ROUNDS; round++) {
    let inverse = select(0.0, 1.0 / range, range > 0.0);
    // Σ ω·error², Σ ωx, Σ ωx², Σ ωy, Σ ωxy with x = code·part, y = w − low
    var error = 0.0;
    var x1 = 0.0;
    var x2 = 0.0;
    var y1 = 0.0;
    var xy = 0.0;
    for (var begin = 0u; begin < run.count; begin += TILE) {
      let count = next_tile(row, run, begin, lane);
      for (var i = 0u; i < count; i++) {
        let item = tile[i];
        let step = step_of(range, item.w);
        let y = item.x - low;
        // a guess is enough here: what is compared decides
        let below = clamp(floor(y * inverse * item.z), 0.0, item.z - 1.0);
        let code = below + select(0.0, 1.0, step * (below + 1.0) - y < y - step * below);
        let off = y - step * code;
        let x = code * item.w;
        error += item.y * off * off;
        x1 += item.y * x;
        x2 += item.y * x * x;
        y1 += item.y * y;
        xy += item.y * x * y;
      }
    }
    if (error < best.x) { best = vec3f(error, low, range); }
    let x_mean = x1 / weight;
    let y_mean = y1 / weight;
    let variance = x2 / weight - x_mean * x_mean;
    let slope = half((xy / weight - x_mean * y_mean) / variance);
    // all codes equal, or a fit that turned over: nothing to learn
    if (variance > 0.0 && slope > 0.0) {
      low = half(low + y_mean - slope * x_mean);
      range = slope;
    }
  }

  found[lane] = best;
  workgroupBarrier();
  if (lane == 0u) {
    for (var i = 1u; i < SIZE; i++) {
      if (found[i].x < best.x) { best = found[i]; }
    }
    lows[at] = best.y;
    ranges[at] = best.z;
  }
}
