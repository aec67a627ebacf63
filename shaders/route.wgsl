// Chooses `picks` of a token's experts: those with the largest logits get their part of a softmax over all, the others 0.
// `normalized` lets the chosen ones' parts sum to one. Of equal logits the first is chosen.
struct Params {
  tokens: u32, experts: u32, picks: u32, normalized: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logits: array<f32>; // [tokens, experts]
@group(0) @binding(2) var<storage, read_write> shares: array<f32>; // [tokens, experts]

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let token = flat_index(id, groups, SIZE);
  if (token >= params.tokens) { return; }
  let base = token * params.experts;
  var highest = logits[base];
  for (var e = 1u; e < params.experts; e++) { highest = max(highest, logits[base + e]); }
  var total = 0.0;
  for (var e = 0u; e < params.experts; e++) {
    total += exp(logits[base + e] - highest);
    shares[base + e] = 0.0;
  }
  var chosen = 0.0;
  for (var n = 0u; n < params.picks; n++) {
    var best = params.experts;
    for (var e = 0u; e < params.experts; e++) {
      if (shares[base + e] > 0.0) { continue; }
      if (best == params.experts || logits[base + e] > logits[base + best]) { best = e; }
    }
    // at least something: a share of 0 would mean that the expert was not chosen
    let share = max(exp(logits[base + best] - highest), 1e-30);
    shares[base + best] = share;
    chosen += share;
  }
  let whole = select(total, chosen, params.normalized == 1u);
  for (var e = 0u; e < params.experts; e++) { shares[base + e] /= whole; }
}
