// What a tile of gemm_tiled.wgsl loads of packed codes: four rows of one column. What their chunk and its levels share is kept
// from one tile to the next. After lib/affine_operand.wgsl and lib/affine_cells.wgsl.

// A code as a float without a conversion, which takes longer: 2²³ + code is one whose last bits are the code.
fn float_of(code: u32) -> f32 {
  return bitcast<f32>(code | 0x4b000000u) - 8388608.0;
}

#for l in LOADS_B
var<private> chunk_${l} = 0xffffffffu;
var<private> bits_${l} = 1u;
var<private> group_${l} = 0xffffffffu; // and the bits of its columns
#for i in 4
var<private> word_${l}_${i} = 0u; // first of the chunk
var<private> line_${l}_${i} = vec2f();
#end

fn load_b_${l}(k: u32, end: u32, j: u32, batch: u32) -> vec4f {
  let slot = min(k, end - 1u);
  if (SCATTERED || slot / 32u != chunk_${l}) {
    chunk_${l} = slot / 32u;
    let chunk = chunks[1u + slot / 32u];
    bits_${l} = chunk.z;
    let group = group_of(chunk, slot);
    let fresh = group * 16u + chunk.z != group_${l};
    group_${l} = group * 16u + chunk.z;
    #for i in 4
    {
      let row = min(j + ${i}u, params.n - 1u);
      word_${l}_${i} = chunk.x + row * chunk.y;
      if (fresh) { line_${l}_${i} = line_of(cell_of(row * chunks[0].x + group), chunk.z); }
    }
    #end
  }
  let bit = slot % 32u * bits_${l};
  let at = bit % 32u;
  let mask = (1u << bits_${l}) - 1u;
  #for i in 4
  var code_${i} = codes[word_${l}_${i} + bit / 32u] >> at;
  #end
  if (at + bits_${l} > 32u) {
    #for i in 4
    code_${i} |= codes[word_${l}_${i} + bit / 32u + 1u] << (32u - at);
    #end
  }
  #for i in 4
  let weight_${i} = line_${l}_${i}.x * float_of(code_${i} & mask) + line_${l}_${i}.y;
  #end
  return select(vec4f(), vec4f(weight_0, weight_1, weight_2, weight_3), k < end);
}

fn weights_${l}(loaded: vec4f, k: u32, j: u32) -> vec4f {
  return loaded;
}
#end
