// The operands of a matmul kernel whose B is a panel of packed codes: read as [rows, 2^shift] with columns in stored order,
// chunks of 32, so that an index says row and column without a division. After lib/affine.wgsl.
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> codes: array<u32>;
@group(0) @binding(3) var<storage, read> cells: array<u32>; // see lib/affine_cells.wgsl
@group(0) @binding(4) var<storage, read> chunks: array<vec4u>; // groups a row, shift; then first word in row 0, words a row, bits, group
@group(0) @binding(5) var<storage, read> owners: array<u32>; // group of every column, where chunks have several
@group(0) @binding(6) var<storage, read_write> c: array<f32>;

fn read_a(at: u32) -> f32 {
  return a[at];
}

// Column `slot` of a row, in a chunk.
fn code_of(chunk: vec4u, row: u32, slot: u32) -> u32 {
  let at = slot % 32u * chunk.z;
  let word = chunk.x + row * chunk.y + at / 32u;
  var code = codes[word] >> (at % 32u);
  if (at % 32u + chunk.z > 32u) { code |= codes[word + 1u] << (32u - at % 32u); }
  return code & ((1u << chunk.z) - 1u);
}

fn group_of(chunk: vec4u, slot: u32) -> u32 {
  if (SCATTERED) { return owners[slot]; }
  return chunk.w;
}

fn read_b(at: u32) -> f32 {
  let fields = chunks[0];
  let row = at >> fields.y;
  let slot = at & ((1u << fields.y) - 1u);
  let chunk = chunks[1u + slot / 32u];
  let line = line_of(cell_of(row * fields.x + group_of(chunk, slot)), chunk.z);
  return line.x * f32(code_of(chunk, row, slot)) + line.y;
}
