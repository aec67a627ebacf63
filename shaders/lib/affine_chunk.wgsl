// One chunk of columns of any width, each with a group of its own, column by column: small, and fast enough where the
// unrolled way of src/kernels/affine-rows.ts does not pay for its compilation.
fn add_chunk(chunk: vec4u, c: u32, first: u32) {
  for (var i = 0u; i < CHUNK; i++) {
    let slot = CHUNK * c + i;
    let bit = i * chunk.z;
    var group = chunk.w;
    if (SCATTERED) { group = owners[slot]; }
    #for t in TOKENS
    let x_${t} = x[(min(${t}u, params.tokens - 1u) * params.chunks + c) * (CHUNK / 4u) + i / 4u][i % 4u];
    #end
    #for r in ROWS
    let row_${r} = min(first + ${r}u, params.rows - 1u);
    let word_${r} = chunk.x + row_${r} * chunk.y + bit / 32u;
    let code_${r} = code_in(codes[word_${r}], codes[word_${r} + 1u], bit % 32u, chunk.z);
    let line_${r} = line_of(cell_of(row_${r} * params.groups + group, params.zero_bits), chunk.z);
    let weight_${r} = line_${r}.x * f32(code_${r}) + line_${r}.y;
    #for t in TOKENS
    sum_${r}_${t} += x_${t} * weight_${r};
    #end
    #end
  }
}
