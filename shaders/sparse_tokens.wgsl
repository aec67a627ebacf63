// What sparse_rows.wgsl adds, for many tokens: an invocation has ROWS rows and four tokens, whose x passes through workgroup
// memory in stretches of TILE columns. The weights apart of a row are in growing columns, so that it goes through them once.
struct Params {
  tokens: u32,   // end of those to do
  columns: u32,
  rows: u32,     // of the panel
  token: u32,    // first of the tokens
  y_stride: u32, // outputs of the whole linear
  y_offset: u32, // first output of the panel
  spare0: u32,   // a struct in a struct begins at a multiple of 16 bytes
  spare1: u32,
  signs: Signs,
}

var<workgroup> x_tile: array<vec4f, TILE>;

@compute @workgroup_size(SIZE)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) index: u32) {
  let token = params.token + group.y * 4u;
  let tokens = min(vec4u(token) + vec4u(0, 1, 2, 3), vec4u(params.tokens - 1u));
  #for r in ROWS
  let row_${r} = (group.x * ROWS + ${r}u) * SIZE + index;
  var at_${r} = starts[min(row_${r}, params.rows)];
  let end_${r} = starts[min(row_${r} + 1u, params.rows)];
  var sum_${r} = vec4f();
  #end
  for (var first = 0u; first < params.columns; first += TILE) {
    workgroupBarrier();
    for (var e = index; e < min(u32(TILE), params.columns - first); e += SIZE) {
      let base = tokens * params.columns + first + e;
      x_tile[e] = vec4f(x[base.x], x[base.y], x[base.z], x[base.w]);
    }
    workgroupBarrier();
    #for r in ROWS
    while (at_${r} < end_${r} && columns[at_${r}] - first < TILE) {
      sum_${r} += x_tile[columns[at_${r}] - first] * change_of(row_${r}, at_${r}, columns[at_${r}]);
      at_${r}++;
    }
    #end
  }
  #for r in ROWS
  if (row_${r} < params.rows) {
    #for t in 4
    if (token + ${t}u < params.tokens) {
      y[(token + ${t}u) * params.y_stride + params.y_offset + row_${r}] += sum_${r}[${t}];
    }
    #end
  }
  #end
}
