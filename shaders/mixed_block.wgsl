// One block of GPTQ's column loop over columns of several widths: `count` ≤ BLOCK columns from `first` on, rounded one
// after another, each error pushed to the columns of the block behind it:
//   qⱼ = code of the level nearest to wⱼ,  eⱼ = (wⱼ − ŵⱼ)/Uⱼⱼ,  wᵢ −= eⱼ·Uⱼᵢ for i > j
// Rows never talk to each other: an invocation owns a row. It keeps SUB columns in registers, rounds them, and
// then pushes their errors to the rest of the block at once; the rows of U it needs lie in workgroup memory.
// w: [rows, columns] in quantization order, already updated by the blocks before; u: [columns, columns] upper, or rows of it of which row u_row is row `first`;
// columns: what each place of that order is; lows, ranges: [rows, groups]; codes: [rows, columns] original order;
// errors: [rows, BLOCK].
struct Params { rows: u32, columns: u32, first: u32, count: u32, groups: u32, u_row: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> w: array<f32>;
@group(0) @binding(2) var<storage, read> u: array<f32>;
@group(0) @binding(3) var<storage, read> columns: array<Column>;
@group(0) @binding(4) var<storage, read> lows: array<f32>;
@group(0) @binding(5) var<storage, read> ranges: array<f32>;
@group(0) @binding(6) var<storage, read_write> codes: array<u32>;
@group(0) @binding(7) var<storage, read_write> errors: array<f32>;

const SUB = 4u * SUB_QUADS;
const QUADS = BLOCK / 4; // of a row of the block

// SUB rows of U over the columns of the block.
var<workgroup> u_rows: array<vec4f, SUB * QUADS>;

// U between two columns of the block; zero beyond its end.
fn u_at(i: u32, j: u32) -> f32 {
  let last = params.count - 1u;
  let at = (params.u_row + min(i, last)) * params.columns + params.first + min(j, last);
  return select(0.0, u[at], i <= last && j <= last);
}

fn load_w(row: u32, j: u32) -> f32 {
  return w[row * params.columns + params.first + min(j, params.count - 1u)];
}

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_index) t: u32) {
  // Invocations beyond the last row come along, since all must meet at the barriers, but store nothing.
  let owns = id.x < params.rows;
  let row = min(id.x, params.rows - 1u);

  for (var s = 0u; s < params.count; s += SUB) {
    workgroupBarrier();
    for (var e = t; e < SUB * QUADS; e += SIZE) {
      let i = s + e / QUADS;
      let j = 4u * (e % QUADS);
      u_rows[e] = vec4f(u_at(i, j), u_at(i, j + 1u), u_at(i, j + 2u), u_at(i, j + 3u));
    }
    workgroupBarrier();

    #for q in SUB_QUADS
    var w_${q} = vec4f(load_w(row, s + 4u * ${q}u), load_w(row, s + 4u * ${q}u + 1u), load_w(row, s + 4u * ${q}u + 2u), load_w(row, s + 4u * ${q}u + 3u));
    #end
    #for q in SUB_QUADS
    #for c in 4
    var e_${q}_${c} = 0.0;
    if (s + 4u * ${q}u + ${c}u < params.count) {
      let j = s + 4u * ${q}u + ${c}u;
      let column = columns[params.first + j];
      let at = row * params.groups + column.group;
      let step = step_of(ranges[at], column.part);
      let code = nearest_range_code(w_${q}[${c}], lows[at], step, column.top);
      e_${q}_${c} = (w_${q}[${c}] - (lows[at] + step * code)) / u_rows[(4u * ${q}u + ${c}u) * QUADS + j / 4u][${c}];
      if (owns) {
        codes[row * params.columns + column.source] = u32(code);
        errors[row * BLOCK + j] = e_${q}_${c};
      }
      // U is upper triangular: columns already rounded see zeros
      #for p in SUB_QUADS
      w_${p} -= e_${q}_${c} * u_rows[(4u * ${q}u + ${c}u) * QUADS + s / 4u + ${p}u];
      #end
    }
    #end
    #end

    for (var j = s + SUB; j < params.count; j += 4u) {
      var push = vec4f();
      #for q in SUB_QUADS
      #for c in 4
      push += e_${q}_${c} * u_rows[(4u * ${q}u + ${c}u) * QUADS + j / 4u];
      #end
      #end
      if (owns) {
        #for c in 4
        if (j + ${c}u < params.count) { w[row * params.columns + params.first + j + ${c}u] -= push[${c}]; }
        #end
      }
    }
  }
}
