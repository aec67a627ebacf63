// As harden_digit.wgsl, by one invocation, for software adapters: bins are passed over until the rank lies in one.
@group(0) @binding(1) var<storage, read_write> selection: array<u32>;

const BINS = 1u << DIGIT;

@compute @workgroup_size(1)
fn main() {
  let rank = selection[1];
  var before = 0u;
  var digit = 0u;
  for (var k = 0u; k < BINS; k++) {
    let counted = selection[2u + k];
    if (rank >= before && rank - before < counted) {
      digit = k;
      selection[1] = rank - before;
    }
    before += counted;
    selection[2u + k] = 0u;
  }
  selection[0] = (selection[0] << DIGIT) | digit;
}
