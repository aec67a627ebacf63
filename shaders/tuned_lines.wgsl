// levels = the lines of sub-blocks, each multiplied by f = 2·σ(v), on a type's levels (lib/block_levels.wgsl), units as they
// were. Where no v has moved they are the lines themselves. lines, levels: [rows, groups] (low, step); factor: [rows, groups]
// v and what its optimiser remembers; units: [rows, groups/subs] of step and low. An invocation takes a sub-block.
@group(0) @binding(1) var<storage, read> lines: array<vec2f>;
@group(0) @binding(2) var<storage, read> factor: array<vec4f>;
@group(0) @binding(3) var<storage, read> units: array<vec2f>;
@group(0) @binding(4) var<storage, read_write> levels: array<vec2f>;

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) grid: vec3u) {
  let cell = flat_index(id, grid, SIZE);
  if (cell >= params.cells) { return; }
  let v = factor[cell].x;
  levels[cell] = lines[cell];
  // bounded, because e⁻ˣ must not overflow
  if (v != 0.0) { levels[cell] = on_levels(lines[cell] * 2.0 / (1.0 + exp(-clamp(v, -80.0, 80.0))), units[cell / params.subs]); }
}
