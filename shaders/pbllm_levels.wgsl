// Mean and mean distance of the weights of a (row, cell) that are not salient, as float16; an invocation takes one. The
// salient ones count as zeros, as in the authors' code, or not at all.
// w: [rows, columns]; codes: [rows, columns], which are salient; levels: [rows, cells, 2].
struct Params { rows: u32, columns: u32, cell_columns: u32, cells: u32, own: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> w: array<f32>;
@group(0) @binding(2) var<storage, read> codes: array<u32>;
@group(0) @binding(3) var<storage, read_write> levels: array<f32>;

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, SIZE);
  if (i >= params.rows * params.cells) { return; }
  let row = i / params.cells * params.columns;
  let begin = row + i % params.cells * params.cell_columns;
  let end = min(begin + params.cell_columns, row + params.columns);
  var sum = 0.0;
  var count = 0.0;
  for (var at = begin; at < end; at++) {
    let salient = (codes[at] & SALIENT) != 0u;
    sum += select(w[at], 0.0, salient);
    count += select(1.0, 0.0, salient && params.own != 0u);
  }
  count = max(count, 1.0);
  let center = half(sum / count);
  var distance = 0.0;
  for (var at = begin; at < end; at++) {
    let salient = (codes[at] & SALIENT) != 0u;
    distance += select(abs(select(w[at], 0.0, salient) - center), 0.0, salient && params.own != 0u);
  }
  levels[2u * i] = center;
  levels[2u * i + 1u] = half(distance / count);
}
