// b = a, EACH vectors an invocation.
struct Params { count: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> b: array<vec4f>;

@compute @workgroup_size(SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let first = (group.y * groups.x + group.x) * SIZE * EACH + index;
  #for i in EACH
  let v${i} = a[min(first + ${i}u * SIZE, params.count - 1u)];
  #end
  #for i in EACH
  if (first + ${i}u * SIZE < params.count) { b[first + ${i}u * SIZE] = v${i}; }
  #end
}
