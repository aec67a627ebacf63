// levels = clipped lines of sub-blocks on a type's levels (lib/block_levels.wgsl), units as they were: of a line from low to
// high k(b)·low to k(g)·high is kept, of a symmetric one k(g)·step (lib/line_clips.wgsl).
// lines, levels: [rows, groups] (low, step); units: [rows, groups/subs] of step and low. An invocation takes a sub-block.
@group(0) @binding(1) var<storage, read> lines: array<vec2f>;
@group(0) @binding(2) var<storage, read> clips: array<f32>;
@group(0) @binding(3) var<storage, read> units: array<vec2f>;
@group(0) @binding(4) var<storage, read_write> levels: array<vec2f>;

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) grid: vec3u) {
  let cell = flat_index(id, grid, SIZE);
  if (cell >= params.cells) { return; }
  let line = lines[cell];
  let kept = kept_of(vec2f(clips[cell], clips[params.cells + cell]));
  var clipped = line * kept.y;
  if (!SYMMETRIC) {
    let low = kept.x * line.x;
    clipped = vec2f(low, max(0.0, (kept.y * high_of(line) - low) / params.top));
  }
  levels[cell] = on_levels(clipped, units[cell / params.subs]);
}
