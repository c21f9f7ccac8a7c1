#include "lib/{TYPE}.wgsl"

// {W}_dots returns the products of a lane's activations with group g of rows row … row + 3.
fn {W}_dots(m: Matrix, row: u32, g: u32, a: Activations) -> vec4<f32> {
  return vec4<f32>(
    dot_group({W}_group(m, row, g), a), dot_group({W}_group(m, row + 1u, g), a),
    dot_group({W}_group(m, row + 2u, g), a), dot_group({W}_group(m, row + 3u, g), a));
}
