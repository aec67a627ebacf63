// The operands of a matmul kernel whose B is a panel of packed codes: read as [rows, 2^shift] with columns in stored order,
// chunks of 32, so that an index says row and column without a division. After lib/affine.wgsl.
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> codes: array<u32>;
@group(0) @binding(3) var<storage, read> scale: array<u32>; // see lib/affine_cells.wgsl
@group(0) @binding(4) var<storage, read> side: array<u32>;
@group(0) @binding(5) var<storage, read> chunks: array<vec4u>; // first word in row 0, words a row, bits, group; then fields
@group(0) @binding(6) var<storage, read> owners: array<u32>; // group of every column, where chunks have several
@group(0) @binding(7) var<storage, read_write> c: array<f32>;

fn read_a(at: u32) -> f32 {
  return a[at];
}

fn read_b(at: u32) -> f32 {
  let fields = chunks[0]; // groups a row, bits of a zero, shift
  let row = at >> fields.z;
  let slot = at & ((1u << fields.z) - 1u);
  let chunk = chunks[1u + slot / 32u];
  let bit = slot % 32u * chunk.z;
  let word = chunk.x + row * chunk.y + bit / 32u;
  let code = code_in(codes[word], codes[word + 1u], bit % 32u, chunk.z);
  var group = chunk.w;
  if (SCATTERED) { group = owners[slot]; }
  let line = line_of(cell_of(row * fields.x + group, fields.y), chunk.z);
  return line.x * f32(code) + line.y;
}
