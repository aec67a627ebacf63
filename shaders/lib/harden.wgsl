// Which ν to harden. The score |h(ν) − ½| grows with |ν| until h reaches 0 or 1 at |ν| = ln 11, and floats order like
// their bits: these, cut off there, rank like the score, and no device rounds them its own way.
const CERTAIN = bitcast<u32>(2.3978953f);

fn certainty(nu: f32) -> u32 {
  return min(bitcast<u32>(nu) & 0x7fffffffu, CERTAIN);
}
