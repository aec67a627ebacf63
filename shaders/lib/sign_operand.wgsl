// The operands of a matmul kernel whose B is a panel of a linear of signs: read as [rows, 2^shift], so that an index says row
// and column without a division. After lib/signs.wgsl, before lib/sign_levels.wgsl.
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> planes: array<u32>;
@group(0) @binding(3) var<storage, read> levels: array<f32>;
@group(0) @binding(4) var<storage, read> ranks: array<u32>;
@group(0) @binding(5) var<storage, read> second: array<u32>;
@group(0) @binding(6) var<storage, read> fields: array<u32>; // of Signs, and the shift
@group(0) @binding(7) var<storage, read_write> c: array<f32>;

fn read_a(at: u32) -> f32 {
  return a[at];
}

fn signs_of_panel() -> Signs {
  return Signs(fields[0], fields[1], fields[2], fields[3], fields[4], fields[5], fields[6], fields[7], fields[8]);
}

fn read_b(at: u32) -> f32 {
  let shift = fields[9];
  return levels[level_at(signs_of_panel(), at >> shift, at & ((1u << shift) - 1u))];
}
