// What a tile of gemm_tiled.wgsl loads of packed codes of BITS each whose groups are GROUP_COLUMNS columns, whole chunks: the words of
// four rows. Weights are made of them when the tile is stored, not before: nothing waits for what is under way. Reads past the
// end of a row or a buffer give numbers that are not stored. After lib/affine_cells.wgsl.
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> codes: array<u32>; // [rows, chunks, BITS]
@group(0) @binding(3) var<storage, read> cells: array<u32>; // see lib/affine_cells.wgsl
@group(0) @binding(4) var<storage, read_write> c: array<f32>;

fn read_a(at: u32) -> f32 {
  return a[at];
}

struct Words {
  low: vec4u,
  high: vec4u, // those after, where a code may lie in two
}

fn words_from(at: u32, row_words: u32) -> vec4u {
  return vec4u(codes[at], codes[at + row_words], codes[at + 2u * row_words], codes[at + 3u * row_words]);
}

#for l in LOADS_B
var<private> group_${l} = 0xffffffffu;
var<private> step_${l} = vec4f();
var<private> first_${l} = vec4f();

fn load_b_${l}(k: u32, end: u32, j: u32, batch: u32) -> Words {
  let row_words = params.k / 32u * BITS;
  let at = j * row_words + k * BITS / 32u;
  if (32 % BITS == 0) { return Words(words_from(at, row_words), vec4u()); }
  return Words(words_from(at, row_words), words_from(at + 1u, row_words));
}

fn weights_${l}(words: Words, k: u32, j: u32) -> vec4f {
  let group = k / GROUP_COLUMNS;
  if (group != group_${l}) {
    group_${l} = group;
    let groups = (params.k + GROUP_COLUMNS - 1u) / GROUP_COLUMNS;
    #for i in 4
    let line_${i} = line_of(cell_of((j + ${i}u) * groups + group), BITS);
    #end
    step_${l} = vec4f(line_0.x, line_1.x, line_2.x, line_3.x);
    first_${l} = vec4f(line_0.y, line_1.y, line_2.y, line_3.y);
  }
  let at = k * BITS % 32u;
  var code = words.low >> vec4u(at);
  if (at + BITS > 32u) { code |= words.high << vec4u(32u - at); }
  // a code as a float without a conversion, which takes longer: 2²³ + code is one whose last bits are the code
  let number = bitcast<vec4f>((code & vec4u((1u << BITS) - 1u)) | vec4u(0x4b000000u)) - 8388608.0;
  return step_${l} * number + first_${l};
}
#end
