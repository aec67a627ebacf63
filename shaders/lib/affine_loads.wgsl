// What a tile of gemm_tiled.wgsl loads of packed codes: four rows of one column. What their levels share is kept from one
// tile to the next, since it changes with the group only. After lib/affine_operand.wgsl and lib/affine_cells.wgsl.
#for l in LOADS_B
var<private> group_${l} = 0xffffffffu; // and the bits of its columns
#for i in 4
var<private> line_${l}_${i} = vec2f();
#end

fn load_b_${l}(k: u32, end: u32, j: u32, batch: u32) -> vec4f {
  let slot = min(k, end - 1u);
  let chunk = chunks[1u + slot / 32u];
  #for i in 4
  let row_${i} = min(j + ${i}u, params.n - 1u);
  #end
  let group = group_of(chunk, slot);
  if (group * 16u + chunk.z != group_${l}) {
    group_${l} = group * 16u + chunk.z;
    #for i in 4
    line_${l}_${i} = line_of(cell_of(row_${i} * chunks[0].x + group), chunk.z);
    #end
  }
  #for i in 4
  let weight_${i} = line_${l}_${i}.x * f32(code_of(chunk, row_${i}, slot)) + line_${l}_${i}.y;
  #end
  return select(vec4f(), vec4f(weight_0, weight_1, weight_2, weight_3), k < end);
}
#end
