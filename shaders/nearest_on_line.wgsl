// (S3) K nearest neighbours among ascending values, several samples of `count` one after another. With the node itself
// they are a run of K + 1: it moves up while the value after it is nearer than its first, which never leads a later
// node further down. firsts: where the run begins; distances: the sum over the K neighbours.
struct Params { samples: u32, count: u32, neighbours: u32 } // neighbours below count
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> values: array<f32>; // [samples, count]
@group(0) @binding(2) var<storage, read_write> firsts: array<u32>; // [samples, count]
@group(0) @binding(3) var<storage, read_write> distances: array<f32>; // [samples, count]

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let at = flat_index(id, groups, SIZE);
  if (at >= params.samples * params.count) { return; }
  let begin = at / params.count * params.count;
  let i = at - begin;
  let value = values[at];
  let last = min(i, params.count - 1u - params.neighbours);
  var first = i - min(i, params.neighbours);
  while (first < last) {
    if (value - values[begin + first] <= values[begin + first + params.neighbours + 1u] - value) { break; }
    first++;
  }
  var sum = 0.0;
  for (var j = first; j <= first + params.neighbours; j++) { sum += abs(value - values[begin + j]); }
  firsts[at] = first;
  distances[at] = sum;
}
