// Index of this invocation in a one-dimensional problem whose grid was folded into x and y.
fn flat_index(id: vec3u, groups: vec3u, size: u32) -> u32 {
  return id.y * groups.x * size + id.x;
}
