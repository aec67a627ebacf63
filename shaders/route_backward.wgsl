// Gradient of the shares of route.wgsl to the logits: with s = Σ dshare·share over a token's experts,
// dlogit = share·dshare − q·s, where q is the share where shares are normalized, else the softmax over all experts.
struct Params {
  tokens: u32, experts: u32, picks: u32, normalized: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logits: array<f32>; // [tokens, experts]
@group(0) @binding(2) var<storage, read> shares: array<f32>; // [tokens, experts]
@group(0) @binding(3) var<storage, read> dshares: array<f32>; // [tokens, experts]
@group(0) @binding(4) var<storage, read_write> dlogits: array<f32>; // [tokens, experts]

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let token = flat_index(id, groups, SIZE);
  if (token >= params.tokens) { return; }
  let base = token * params.experts;
  var highest = logits[base];
  for (var e = 1u; e < params.experts; e++) { highest = max(highest, logits[base + e]); }
  var total = 0.0;
  var along = 0.0;
  for (var e = 0u; e < params.experts; e++) {
    total += exp(logits[base + e] - highest);
    along += dshares[base + e] * shares[base + e];
  }
  for (var e = 0u; e < params.experts; e++) {
    let part = select(exp(logits[base + e] - highest) / total, shares[base + e], params.normalized == 1u);
    dlogits[base + e] = shares[base + e] * dshares[base + e] - part * along;
  }
}
