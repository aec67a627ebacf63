// (S8) One round by rows. (b) Every weight goes to its nearest level under the scales as they are: codes of salient ones,
// groups of the others; none is stored. The error of that, and what the next scales are made of, counts and Σ a of the
// groups, go to sums. (a) The row's own scale is at once its least-squares optimum ⟨w, q⟩/⟨q, q⟩ for these codes.
// Nothing happens once `state` says that the rounds are done.
struct Params { first: u32, end: u32, columns: u32, half: u32 } // some of the rows
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> w: array<f32>; // [rows, columns]
@group(0) @binding(2) var<storage, read> stats: array<vec2f>; // [rows]
@group(0) @binding(3) var<storage, read> selection: array<u32>;
@group(0) @binding(4) var<storage, read> levels: array<f32>; // [1 + GROUPS]
@group(0) @binding(5) var<storage, read> state: array<f32>; // error, done
@group(0) @binding(6) var<storage, read_write> alphas: array<f32>; // [rows]
@group(0) @binding(7) var<storage, read_write> sums: array<f32>; // [rows, 1 + 2·GROUPS]

@compute @workgroup_size(SIZE)
fn main(
  @builtin(workgroup_id) id: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let row = params.first + item_of(id.y * groups.x + id.x, index);
  if (row >= params.end || state[1] > 0.0) { return; }
  let lane = index % LANES;
  let center = levels[0];
  let half = f32(params.half);
  let threshold = selection[0];
  let alpha = alphas[row];
  #for k in GROUPS
  let mu_${k} = levels[${k}u + 1u];
  var count_${k} = 0.0;
  var sum_${k} = 0.0;
  #end
  var error = 0.0;
  var wq = 0.0;
  var qq = 0.0;
  for (var j = lane; j < params.columns; j += LANES) {
    let value = w[row * params.columns + j];
    if (score(row, value) > threshold) {
      let q = salient_code(value, alpha, half);
      let d = value - alpha * q;
      error += d * d;
      wq += value * q;
      qq += q * q;
    } else {
      let a = abs(value - center);
      let group = group_of(a);
      #for k in GROUPS
      if (group == ${k}u) {
        count_${k} += 1.0;
        sum_${k} += a;
        error += (a - mu_${k}) * (a - mu_${k});
      }
      #end
    }
  }
  put(lane, 0u, error);
  #for k in GROUPS
  put(lane, 1u + 2u * ${k}u, count_${k});
  put(lane, 2u + 2u * ${k}u, sum_${k});
  #end
  put(lane, COUNT - 2u, wq);
  put(lane, COUNT - 1u, qq);
  meet();
  for (var k = lane; k < COUNT - 2u; k += LANES) { sums[row * (COUNT - 2u) + k] = total(k); }
  if (lane == 0u) {
    let length = total(COUNT - 1u);
    if (length > 0.0) { alphas[row] = total(COUNT - 2u) / length; }
  }
}
