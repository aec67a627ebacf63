// One block of GPTQ: `count` ≤ BLOCK columns from `first` on, rounded one after another, each error pushed to the
// columns of the block behind it. Rows never talk to each other, so an invocation owns a row and needs no barrier.
//   w'ⱼ = wⱼ − Σ_{i<j} eᵢ·Uᵢⱼ,  qⱼ = round(w'ⱼ),  eⱼ = (w'ⱼ − ŵⱼ)/Uⱼⱼ
// w: [rows, columns] in quantization order, already updated by the blocks before; u: [columns, columns] upper;
// order: original column of each place, which decides group and position of the code;
// steps, zeros: [rows, groups]; codes: [rows, columns] original order; errors: [rows, BLOCK].
struct Params { rows: u32, columns: u32, first: u32, count: u32, group_size: u32, groups: u32, bits: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> w: array<f32>;
@group(0) @binding(2) var<storage, read> u: array<f32>;
@group(0) @binding(3) var<storage, read> order: array<u32>;
@group(0) @binding(4) var<storage, read> steps: array<f32>;
@group(0) @binding(5) var<storage, read> zeros: array<f32>;
@group(0) @binding(6) var<storage, read_write> codes: array<u32>;
@group(0) @binding(7) var<storage, read_write> errors: array<f32>;

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = id.x;
  if (row >= params.rows) { return; }
  let n = params.columns;
  let top = f32((1u << params.bits) - 1u);
  var e: array<f32, BLOCK>;
  for (var j = 0u; j < params.count; j++) {
    let place = params.first + j;
    var value = w[row * n + place];
    for (var i = 0u; i < j; i++) { value -= e[i] * u[(params.first + i) * n + place]; }
    let column = order[place];
    let at = row * params.groups + column / params.group_size;
    let code = nearest_code(value, steps[at], zeros[at], top);
    e[j] = (value - level(code, steps[at], zeros[at])) / u[place * n + place];
    codes[row * n + column] = u32(code);
    errors[row * BLOCK + j] = e[j];
  }
}
