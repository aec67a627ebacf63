// loss: [L, L_quant, mean bits, mean bits of the argmax of the logits, mean entropy of softmax(logits) in bits, τ] with
//   L_quant = tr(D H Dᵀ)/norm = Σⱼₖ p[j, k]·gain[j, k]/norm,  L = L_quant + α·(mean bits − goal)²,
// p and logits [columns, choices]. One workgroup.
@group(0) @binding(3) var<storage, read> p: array<f32>;
@group(0) @binding(4) var<storage, read> logits: array<f32>;
@group(0) @binding(5) var<storage, read_write> loss: array<f32>; // [6]

@compute @workgroup_size(RADIX * RADIX)
fn main(@builtin(local_invocation_index) lane: u32) {
  var error = 0.0;
  var bits = 0.0;
  var raw = 0.0;
  var entropy = 0.0; // nats
  for (var column = lane; column < params.columns; column += RADIX * RADIX) {
    let base = column * params.choices;
    var chosen = 0u;
    for (var k = 0u; k < params.choices; k++) {
      error += p[base + k] * gain(column, k);
      bits += p[base + k] * widths[k];
      if (logits[base + k] > logits[base + chosen]) { chosen = k; }
    }
    raw += widths[chosen];
    // −Σ q·ln q = ln Σ eˣ − Σ q·x for q = softmax(x)
    var total = 0.0;
    var mean = 0.0;
    for (var k = 0u; k < params.choices; k++) {
      let x = logits[base + k] - logits[base + chosen];
      total += exp(x);
      mean += x * exp(x);
    }
    entropy += log(total) - mean / total;
  }
  let columns = f32(params.columns);
  let all_error = workgroup_sum(lane, error) * params.scale;
  let all_bits = workgroup_sum(lane, bits) / columns;
  let all_raw = workgroup_sum(lane, raw) / columns;
  let all_entropy = workgroup_sum(lane, entropy) / columns;
  if (lane != 0u) { return; }
  let miss = all_bits - params.goal;
  loss[0] = all_error + params.alpha * miss * miss;
  loss[1] = all_error;
  loss[2] = all_bits;
  loss[3] = all_raw;
  loss[4] = all_entropy / log(2.0);
  loss[5] = params.temperature;
}
