// selection = (key, rank, bins): the bin that holds the element of this rank becomes the next digit of key, its rank
// within that bin the rank, and the bins 0 for the next digit. One workgroup.
@group(0) @binding(1) var<storage, read_write> selection: array<u32>;

const SHARE = (1u << DIGIT) / SIZE; // bins an invocation
var<workgroup> totals: array<u32, SIZE>;

@compute @workgroup_size(SIZE)
fn main(@builtin(local_invocation_index) lane: u32) {
  let first = 2u + lane * SHARE;
  let key = selection[0];
  let rank = selection[1];
  var total = 0u;
  for (var k = 0u; k < SHARE; k++) { total += selection[first + k]; }
  totals[lane] = total;
  storageBarrier(); // everyone has read key and rank
  workgroupBarrier();
  var before = 0u;
  for (var i = 0u; i < lane; i++) { before += totals[i]; }
  for (var k = 0u; k < SHARE; k++) {
    let counted = selection[first + k];
    if (rank >= before && rank - before < counted) {
      selection[0] = (key << DIGIT) | (lane * SHARE + k);
      selection[1] = rank - before;
    }
    before += counted;
    selection[first + k] = 0u;
  }
}
