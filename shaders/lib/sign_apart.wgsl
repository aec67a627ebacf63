// What the kernels that add weights apart read, after their Params. After lib/signs.wgsl.
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;       // [tokens, columns]
@group(0) @binding(2) var<storage, read> starts: array<u32>;  // first weight apart of every row, and the end
@group(0) @binding(3) var<storage, read> columns: array<u32>; // of every weight apart
@group(0) @binding(4) var<storage, read> values: array<f32>;
@group(0) @binding(5) var<storage, read> levels: array<f32>;
@group(0) @binding(6) var<storage, read> ranks: array<u32>;
@group(0) @binding(7) var<storage, read_write> y: array<f32>; // [tokens, y_stride]

// A weight apart less what the planes hold in its place: 0, which is minus in the group 0, or minus twice.
fn change_of(row: u32, at: u32, column: u32) -> f32 {
  var level = cell_at(params.signs, row, column);
  if (SALIENT && ranks[column] > 0u) {
    level = salient_cell_at(params.signs, row, column);
  }
  return values[at] - levels[level];
}
