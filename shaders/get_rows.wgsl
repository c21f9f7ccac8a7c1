// get_rows: dst[:, t] = table[:, ids[t]], dequantised. One invocation for each group of 32 elements.
struct Params {
  table: Matrix,
  n: u32,
  dst_first: u32, // vec4s
  ids_first: u32,
}

#include "lib/group.wgsl"
@group(0) @binding({BINDING}) var<storage, read_write> dst: array<vec4<f32>>; // [width / 4, n]
#include "lib/{TYPE}.wgsl" W=table
@group(0) @binding({BINDING}) var<storage, read> ids: array<u32>; // [n]
#include "lib/guard.wgsl"
@group(0) @binding({BINDING}) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup_id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>,
        @builtin(local_invocation_id) id: vec3<u32>) {
  if (stopped()) { return; }
  let row_length = groups(params.table);
  let i = (workgroup_id.y * grid.x + workgroup_id.x) * 64u + id.x;
  let t = i / row_length;
  let g = i % row_length;
  if (t >= params.n) { return; }

  var vec4s = dequantise(table_group(params.table, ids[params.ids_first + t], g));
  let width = params.table.hidden >> 2u;
  let first = params.dst_first + t * width;
  for (var k = 0u; k < min(8u, width - 8u * g); k++) {
    dst[first + 8u * g + k] = vec4s[k];
  }
}
