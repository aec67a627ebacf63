// Squared error that one sign a weight leaves in the columns of a row that are not salient, when magnitudes from
// threshold c on have levels of their own. Invocations: rows by thresholds.
// search: [count, rows], columns by rank; choice[1]: how many are salient; thresholds: bits of floats; errors: [c, rows].
struct Params { rows: u32, count: u32, first_row: u32, last_row: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> search: array<f32>;
@group(0) @binding(2) var<storage, read> choice: array<u32>;
@group(0) @binding(3) var<storage, read> thresholds: array<u32>;
@group(0) @binding(4) var<storage, read_write> errors: array<f32>;

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = params.first_row + id.x;
  if (row >= params.last_row) { return; }
  let salient = choice[1];
  let threshold = bitcast<f32>(thresholds[id.y]);
  // x: small, y: large
  var means = vec2f();
  var counts = vec2f();
  for (var r = salient; r < params.count; r++) {
    let x = search[r * params.rows + row];
    let own = select(vec2f(1.0, 0.0), vec2f(0.0, 1.0), abs(x) >= threshold);
    means += own * x;
    counts += own;
  }
  counts = max(counts, vec2f(1.0));
  means /= counts;
  var distances = vec2f();
  var squares = 0.0;
  for (var r = salient; r < params.count; r++) {
    let x = search[r * params.rows + row];
    let large = abs(x) >= threshold;
    let own = select(vec2f(1.0, 0.0), vec2f(0.0, 1.0), large);
    let distance = abs(x - select(means.x, means.y, large));
    distances += own * distance;
    squares += distance * distance;
  }
  errors[id.y * params.rows + row] = max(0.0, squares - dot(distances, distances / counts));
}
