// repack: copies blocks of the file's layout, each with an f16 scale d, to the layout with separate bodies and
// scales; see packing in internal/gpu. Nothing is rounded. One invocation writes one word, of a body or of a pair of
// scales.
struct Params {
  first: u32, // the raw blocks are blocks first … first + count - 1 of the tensor
  count: u32,
  bytes: u32, // of a block in the file
  body: u32, // words
  scale_at: u32, // byte of a block in the file
  body_at: u32, // byte
  blocks: u32, // of one matrix
  scales: u32, // word of a matrix at which the scales begin
  stride: u32, // words from matrix to matrix
}

@group(0) @binding({BINDING}) var<storage, read_write> packed: array<u32>; // [stride, matrices]
@group(0) @binding({BINDING}) var<storage, read> raw: array<u32>; // count blocks
@group(0) @binding({BINDING}) var<uniform> params: Params;

// word_at returns the word that begins at an even byte.
fn word_at(byte: u32) -> u32 {
  let i = byte >> 2u;
  if ((byte & 2u) == 0u) { return raw[i]; }
  return (raw[i] >> 16u) | (raw[i + 1u] << 16u);
}

fn scale_of(block: u32) -> u32 { return word_at(block * params.bytes + params.scale_at) & 0xffffu; }

// write_scales writes the word of a pair of scales. One invocation writes each word: that of the pair's first block;
// or of its second, where the first is not among the raw blocks because an earlier call has written it to the lower
// half.
fn write_scales(block: u32) {
  let all = params.first + block;
  let inner = all % params.blocks;
  let at = (all / params.blocks) * params.stride + params.scales + (inner >> 1u);
  let second = (inner & 1u) == 1u;
  if (second && block == 0u) {
    packed[at] = (packed[at] & 0xffffu) | (scale_of(0u) << 16u);
  }
  if (!second) {
    var pair = scale_of(block);
    if (inner + 1u < params.blocks && block + 1u < params.count) { pair |= scale_of(block + 1u) << 16u; }
    packed[at] = pair;
  }
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup_id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>,
        @builtin(local_invocation_id) id: vec3<u32>) {
  let i = (workgroup_id.y * grid.x + workgroup_id.x) * 256u + id.x;
  let block = i / (params.body + 1u);
  let word = i % (params.body + 1u);
  if (block >= params.count) { return; }

  if (word == params.body) {
    write_scales(block);
    return;
  }
  let all = params.first + block;
  let at = (all / params.blocks) * params.stride + (all % params.blocks) * params.body + word;
  packed[at] = word_at(block * params.bytes + params.body_at + 4u * word);
}
