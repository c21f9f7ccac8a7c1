// set_rows: dst[:, ids[i]] = src[:, i]. One invocation for each vec4.
struct Params {
  row_vec4s: u32, // width / 4
  n: u32,
  dst_first: u32, // vec4s, as src_first
  src_first: u32,
  ids_first: u32,
}

@group(0) @binding({BINDING}) var<storage, read_write> dst: array<vec4<f32>>; // [width / 4, rows]
@group(0) @binding({BINDING}) var<storage, read> src: array<vec4<f32>>; // [width / 4, n]
@group(0) @binding({BINDING}) var<storage, read> ids: array<u32>; // [n]
@group(0) @binding({BINDING}) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup_id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>,
        @builtin(local_invocation_id) id: vec3<u32>) {
  let k = (workgroup_id.y * grid.x + workgroup_id.x) * 64u + id.x;
  let i = k / params.row_vec4s;
  if (i >= params.n) { return; }

  let row = ids[params.ids_first + i];
  dst[params.dst_first + row * params.row_vec4s + k % params.row_vec4s] = src[params.src_first + k];
}
