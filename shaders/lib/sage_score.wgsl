// (S1) r = |w − m|/sd, the saliency score of SAGE-PTQ, as the bits of a float32: as integers they have the order of the
// scores. stats: [rows] m and 1/sd, those of the matrix or of the row; a constant has 1/sd = 0, so that all scores are 0.
fn score(row: u32, w: f32) -> u32 {
  return bitcast<u32>(abs(w - stats[row].x) * stats[row].y);
}
