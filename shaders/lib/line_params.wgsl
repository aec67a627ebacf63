// Of every kernel that works on the lines of sub-blocks, one after another through all rows.
struct Params {
  cells: u32,  // sub-blocks
  size: u32,   // columns of one
  subs: u32,   // sub-blocks of a block
  shares: u32, // 1 where those of a block share units
  top: f32,    // the last code
  most: f32,   // the last multiple
  step_bits: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
