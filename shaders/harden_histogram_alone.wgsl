// As harden_histogram.wgsl, but every invocation adds its elements to the bins of all: for software adapters, where
// barriers and workgroup memory cost more than they save.
struct Params { count: u32, shift: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> nu: array<f32>;
@group(0) @binding(2) var<storage, read_write> selection: array<atomic<u32>>;

const BINS = 1u << DIGIT;

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, SIZE);
  if (i >= params.count) { return; }
  let digits = certainty(nu[i]) >> params.shift;
  if (digits >> DIGIT == atomicLoad(&selection[0])) { atomicAdd(&selection[2u + (digits & (BINS - 1u))], 1u); }
}
