// A workgroup of 64 computes a tile of 32 rows of a matrix by TILE_TOKENS columns of activations. It proceeds along the
// rows by one group of 32 weights at a time: half of the lanes dequantise a row each, the others load activations; then
// every lane multiplies a row group by LANE_TOKENS columns, whose sums it keeps in registers.
//
// The includer binds x, includes group.wgsl and activations.wgsl, declares the struct Tile, and declares
//   tile_weights(tile, row, g) -> Group: group g of a row of the tile; any other for a row past the matrix
//   tile_vector(tile, column) -> u32: the first vec4 in x of a column of the tile; any other for a column past the last
const LANE_TOKENS = {LANE_TOKENS}u;
const TILE_TOKENS = 8u * LANE_TOKENS;
const TILE_ROWS = 32u;
const X_TILE = 8u * TILE_TOKENS;

// Both have, for each vec4 of a group, that vec4 of each row or column. Row 4 a + b is at 8 b + a, so that neighbouring
// lanes, which have neighbouring a, read neighbouring vec4s.
var<workgroup> w_tile: array<vec4<f32>, 256>;
var<workgroup> x_tile: array<vec4<f32>, X_TILE>;

fn fill_weights(row: u32, w: array<vec4<f32>, 8>) {
  let at = ((row & 3u) << 3u) + (row >> 2u);
  w_tile[at] = w[0];
  w_tile[at + 32u] = w[1];
  w_tile[at + 64u] = w[2];
  w_tile[at + 96u] = w[3];
  w_tile[at + 128u] = w[4];
  w_tile[at + 160u] = w[5];
  w_tile[at + 192u] = w[6];
  w_tile[at + 224u] = w[7];
}

fn fill_activations(column: u32, first: u32, hidden: u32, g: u32) {
  for (var i = 0u; i < 8u; i++) { x_tile[i * TILE_TOKENS + column] = x_vec4(first, hidden, 8u * g + i); }
}

fn fill_tile(tile: Tile, lane: u32, hidden: u32, g: u32) {
  if (lane < TILE_ROWS) {
    fill_weights(lane, dequantise(tile_weights(tile, lane, g)));
    return;
  }
  for (var column = lane - TILE_ROWS; column < TILE_TOKENS; column += 64u - TILE_ROWS) {
    fill_activations(column, tile_vector(tile, column), hidden, g);
  }
}

// tile_row_group returns which row group of the tile a lane computes.
fn tile_row_group(lane: u32) -> u32 { return lane & 7u; }

// tile_column returns the column of a lane's sum t.
fn tile_column(lane: u32, t: u32) -> u32 { return (lane >> 3u) + 8u * t; }

// multiply_tile returns the products of a lane's row group with each of its columns. All lanes call it together.
fn multiply_tile(tile: Tile, lane: u32, hidden: u32) -> array<vec4<f32>, LANE_TOKENS> {
  var sums: array<vec4<f32>, LANE_TOKENS>;
  for (var g = 0u; g < (hidden + 31u) / 32u; g++) {
    fill_tile(tile, lane, hidden, g);
    workgroupBarrier();
    for (var i = 0u; i < 8u; i++) {
      let at = 32u * i + tile_row_group(lane);
      let w = mat4x4<f32>(w_tile[at], w_tile[at + 8u], w_tile[at + 16u], w_tile[at + 24u]);
      for (var t = 0u; t < LANE_TOKENS; t++) { sums[t] += x_tile[i * TILE_TOKENS + tile_column(lane, t)] * w; }
    }
    workgroupBarrier();
  }
  return sums;
}
