// As lib/totals_together.wgsl where an invocation has an item of work to itself, LANES = 1.
var<private> table: array<f32, COUNT>;

fn put(lane: u32, k: u32, value: f32) {
  table[k] = value;
}

fn meet() {}

fn total(k: u32) -> f32 {
  return table[k];
}
