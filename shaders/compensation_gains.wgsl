// What J = Σⱼₖ p[j, k]·value[k, j] and dJ/dp = 2·slope are made of, for one linear, [choices, columns] as the kernels of
// the allocation loss read them: value = ρ[k, j]·v[j]/U_jj², slope = ½·ρ[k, j]·v[j]·λ[j].
struct Params { columns: u32, choices: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> pivots: array<f32>;   // diag U [columns]
@group(0) @binding(2) var<storage, read> shares: array<f32>;   // ρ [choices, columns]
@group(0) @binding(3) var<storage, read> results: array<f32>;  // v, λ [2, columns]
@group(0) @binding(4) var<storage, read_write> value: array<f32>;
@group(0) @binding(5) var<storage, read_write> slope: array<f32>;

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let at = flat_index(id, groups, SIZE);
  if (at >= params.columns * params.choices) { return; }
  let column = at % params.columns;
  let pivot = pivots[column];
  let energy = shares[at] * results[column];
  value[at] = energy / (pivot * pivot);
  slope[at] = 0.5 * energy * results[params.columns + column];
}
