// Learned rounding (TesseraQ, Li & Panda 2024): a weight is (low + step·q)·f with the soft code q = clamp(base + h(ν), 0,
// top), the rectified sigmoid h(ν) = clamp(1.2·σ(ν) − 0.1, 0, 1), and f = 2·σ(v) of its (row, group).
// The kernel has `params` with columns and groups, and
// places: [groups, 3] begin, count and bits of each group's run of members; [columns] members, which are columns;
// [columns] group of every column. base is packed: column c of a row in byte c % 4 of its word c / 4.

// Where |ν| is this or more, the code is decided: ν is not learned any further.
fn is_hard(nu: f32) -> bool {
  return abs(nu) >= f32(HARD);
}

fn sigmoid(x: f32) -> f32 {
  return 1.0 / (1.0 + exp(-clamp(x, -80.0, 80.0))); // e⁸⁰ is still finite
}

fn soft_code(base: f32, rise: f32, top: f32) -> f32 {
  return min(base + clamp(rise, 0.0, 1.0), top);
}

// Exactly 1 before it learns, whatever the device makes of e⁰.
fn factor_of(v: f32) -> f32 {
  return select(2.0 * sigmoid(v), 1.0, v == 0.0);
}

fn first_member(group: u32) -> u32 {
  return 3u * params.groups + places[3u * group];
}

fn members_of(group: u32) -> u32 {
  return places[3u * group + 1u];
}

fn top_of(group: u32) -> u32 {
  return (1u << places[3u * group + 2u]) - 1u;
}

fn group_of(column: u32) -> u32 {
  return places[3u * params.groups + params.columns + column];
}

fn words_a_row() -> u32 {
  return (params.columns + 3u) / 4u;
}

fn word_of(row: u32, column: u32) -> u32 {
  return row * words_a_row() + column / 4u;
}

fn code_in_word(word: u32, column: u32) -> u32 {
  return (word >> (column % 4u * 8u)) & 0xffu;
}
