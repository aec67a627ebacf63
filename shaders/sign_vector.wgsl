// y[t, row] = Σ over columns of x[t, column] · ŵ[row, column] for a few t, from planes of bits. LANES neighbours share ROWS rows
// and take whole words of 32 columns; x passes through workgroup memory in stretches of TILE words. Salient columns are 0
// there and added one by one: few they are, and their levels are others. `add_word` is written by src/kernels/sign-vector.ts.
// Weights apart count as what the planes say of them; shaders/sparse_rows.wgsl sets that right.
struct Params {
  columns: u32,
  rows: u32,      // end of the rows of the panel to do
  row: u32,       // first of them
  y_stride: u32,  // outputs of the whole linear
  y_offset: u32,  // first output of the panel
  tokens: u32,    // at most TOKENS
  token: u32,     // first of them
  spare: u32,     // a struct in a struct begins at a multiple of 16 bytes
  signs: Signs,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [tokens, columns]
@group(0) @binding(2) var<storage, read> planes: array<u32>;
@group(0) @binding(3) var<storage, read> levels: array<f32>;
@group(0) @binding(4) var<storage, read> ranks: array<u32>;
@group(0) @binding(5) var<storage, read> second: array<u32>;
@group(0) @binding(6) var<storage, read_write> y: array<f32>; // [tokens, y_stride]

const QUADS = 8; // of columns, in a word
// One vector more than a word has against bank conflicts.
const STRIDE = QUADS + 1;

var<workgroup> x_tile: array<vec4f, TOKENS * TILE * STRIDE>;
var<workgroup> salient_tile: array<u32, TILE>; // bits of a word's salient columns
var<workgroup> table: array<f32, 16>;          // levels, where all weights choose from the same

#for r in ROWS
#for t in TOKENS
var<private> sum_${r}_${t} = vec4f();
#end
#end

fn is_salient(column: u32) -> bool {
  return SALIENT && column < params.columns && ranks[column] > 0u;
}

fn x_of(t: u32, column: u32) -> f32 {
  let inside = column < params.columns && t < params.tokens;
  let token = params.token + min(t, params.tokens - 1u);
  return select(0.0, x[token * params.columns + min(column, params.columns - 1u)], inside);
}

fn plain_x_of(t: u32, column: u32) -> f32 {
  return select(x_of(t, column), 0.0, is_salient(column));
}

// The salient columns of a word, which has some; their second signs follow each other.
fn add_salient(word: u32, salient: u32, first: u32) {
  var left = salient;
  var rank = ranks[word * 32u + firstTrailingBit(left)] - 1u;
  #for r in ROWS
  let row_${r} = min(first + ${r}u, params.rows - 1u);
  let signs_${r} = planes[row_${r} * params.signs.row_words + word];
  let at_${r} = salient_cell_at(params.signs, row_${r}, word * 32u);
  let minus_${r} = vec2f(levels[at_${r}], levels[at_${r} + 1u]);
  let plus_${r} = vec2f(levels[at_${r} + 2u], levels[at_${r} + 3u]);
  #end
  while (left != 0u) {
    let bit = firstTrailingBit(left);
    left &= left - 1u;
    #for t in TOKENS
    let x_${t} = x_of(${t}u, word * 32u + bit);
    #end
    #for r in ROWS
    let two_${r} = select(minus_${r}, plus_${r}, ((signs_${r} >> bit) & 1u) > 0u);
    let again_${r} = (second[row_${r} * params.signs.second_words + rank / 32u] >> (rank % 32u)) & 1u;
    let level_${r} = select(two_${r}.x, two_${r}.y, again_${r} > 0u);
    #for t in TOKENS
    sum_${r}_${t}.x += x_${t} * level_${r};
    #end
    #end
    rank++;
  }
}

@compute @workgroup_size(SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let lane = index % LANES;
  let first = params.row + ((group.y * groups.x + group.x) * (SIZE / LANES) + index / LANES) * ROWS;
  if (ONE_CELL && index < 16u) { table[index] = levels[min(index, 2u * params.signs.groups - 1u)]; }
  for (var tile = 0u; tile < params.signs.row_words; tile += TILE) {
    workgroupBarrier();
    for (var e = index; e < TOKENS * TILE * QUADS; e += SIZE) {
      let t = e / (TILE * QUADS);
      let column = tile * 32u + e % (TILE * QUADS) * 4u;
      x_tile[e / QUADS * STRIDE + e % QUADS] =
        vec4f(plain_x_of(t, column), plain_x_of(t, column + 1u), plain_x_of(t, column + 2u), plain_x_of(t, column + 3u));
    }
    if (SALIENT) {
      for (var e = index; e < TILE; e += SIZE) {
        var salient = 0u;
        for (var bit = 0u; bit < 32u; bit++) { salient |= select(0u, 1u, is_salient((tile + e) * 32u + bit)) << bit; }
        salient_tile[e] = salient;
      }
    }
    workgroupBarrier();
    for (var i = lane; i < min(u32(TILE), params.signs.row_words - tile); i += LANES) {
      add_word(tile + i, i, first);
      if (SALIENT && salient_tile[i] != 0u) { add_salient(tile + i, salient_tile[i], first); }
    }
  }

  #for r in ROWS
  #for t in TOKENS
  parts[(${r} * TOKENS + ${t}) * SIZE + index] = dot(sum_${r}_${t}, vec4f(1.0));
  #end
  #end
  store_sums(index, lane, first);
}
