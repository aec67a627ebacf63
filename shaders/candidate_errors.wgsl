// e = w − (level nearest to w) for columns of one width, of `rows` rows from `first_row` on, and its squares summed over
// each slice of these rows: sums[s, j] = Σᵣ ωᵣ·e[r, j]².
// w: [all rows, columns]; columns: of each place; lows, ranges: [all rows, groups]; emphasis: [all rows] ω;
// errors: rows of `columns` values from row `error_row` on; sums: [slices, columns].
// A workgroup takes 64 columns of a slice; its 4 lanes share the rows, so that neighbours read neighbours.
struct Params { first_row: u32, rows: u32, columns: u32, groups: u32, error_row: u32, slice: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> w: array<f32>;
@group(0) @binding(2) var<storage, read> columns: array<Column>;
@group(0) @binding(3) var<storage, read> lows: array<f32>;
@group(0) @binding(4) var<storage, read> ranges: array<f32>;
@group(0) @binding(5) var<storage, read> emphasis: array<f32>;
@group(0) @binding(6) var<storage, read_write> errors: array<f32>;
@group(0) @binding(7) var<storage, read_write> sums: array<f32>;

var<workgroup> partial: array<f32, 256>;

@compute @workgroup_size(64, 4)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let place = id.x * 64u + local.x;
  let begin = id.y * params.slice;
  let end = min(begin + params.slice, params.rows);
  var sum = 0.0;
  if (place < params.columns) {
    let column = columns[place];
    for (var i = begin + local.y; i < end; i += 4u) {
      let row = params.first_row + i;
      let at = row * params.groups + column.group;
      let value = w[row * params.columns + place];
      let step = step_of(ranges[at], column.part);
      let error = value - (lows[at] + step * nearest_range_code(value, lows[at], step, column.top));
      errors[(params.error_row + i) * params.columns + place] = error;
      sum += emphasis[row] * error * error;
    }
  }
  partial[local.y * 64u + local.x] = sum;
  workgroupBarrier();
  if (local.y == 0u && place < params.columns) {
    sums[id.y * params.columns + place] =
      partial[local.x] + partial[64u + local.x] + partial[128u + local.x] + partial[192u + local.x];
  }
}
