// What the kernels of 8-bit and of 16-bit samples share: what is bound, the description of a picture, flattening.
// Whoever fills these buffers is batch.rs; both sides of a layout are to be changed together.
//
// Whole numbers only. Shifts of i32 are arithmetic, arithmetic wraps, and no result depends on a read outside of what was
// written: where a window is padded, the weight there is 0, and what is read is some word of the same buffer.

// Padded rows of all pictures, packed samples, four to a word.
@group(0) @binding(0) var<storage, read> source: array<u32>;
// What the vertical pass leaves for the horizontal one.
@group(0) @binding(1) var<storage, read_write> middle: array<u32>;
// Padded rows of all results.
@group(0) @binding(2) var<storage, read_write> out: array<u32>;
// Descriptions of pictures, then windows and weights.
@group(0) @binding(3) var<storage, read> tables: array<u32>;
// 256 words: light of an 8-bit sample. Then 65,536 bytes: the sample of a light.
@group(0) @binding(4) var<storage, read> curves: array<u32>;

const LIGHTS: u32 = 256u;

// Words of a description.
const DESCRIPTION: u32 = 20u;

// All offsets and strides are in words.
struct Picture {
    // Samples of a source pixel: 1, 3, or 4, the last one opacity.
    samples: u32,
    // Red, green and blue, from the lowest byte; bit 24: mixed in linear light.
    matte: u32,
    source: u32,
    source_stride: u32,
    width: u32,
    height: u32,
    to_width: u32,
    to_height: u32,
    middle: u32,
    middle_stride: u32,
    out: u32,
    out_stride: u32,
    // Per axis: where its windows are, words of weights a window, bits behind the point.
    down: u32,
    down_words: u32,
    down_bits: u32,
    across: u32,
    across_words: u32,
    across_bits: u32,
    // Not 0: resampled in linear light.
    linear: u32,
    // Threads of a row of the vertical pass.
    items: u32,
}

fn picture(index: u32) -> Picture {
    let at = index * DESCRIPTION;
    return Picture(
        tables[at], tables[at + 1u], tables[at + 2u], tables[at + 3u], tables[at + 4u],
        tables[at + 5u], tables[at + 6u], tables[at + 7u], tables[at + 8u], tables[at + 9u],
        tables[at + 10u], tables[at + 11u], tables[at + 12u], tables[at + 13u], tables[at + 14u],
        tables[at + 15u], tables[at + 16u], tables[at + 17u], tables[at + 18u], tables[at + 19u],
    );
}

// Two weights are in a word, 16 bits each with a sign.
fn lower(word: u32) -> i32 {
    return bitcast<i32>(word << 16u) >> 16u;
}

fn upper(word: u32) -> i32 {
    return bitcast<i32>(word) >> 16u;
}

// The four bytes of a word, the lowest first.
fn bytes(word: u32) -> vec4<u32> {
    return (vec4<u32>(word) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(255u);
}

// Light of an 8-bit sample, 16 bits.
fn light(sample: u32) -> u32 {
    return curves[sample];
}

// The 8-bit sample whose light is nearest; `light` has 16 bits.
fn encoded(light: u32) -> u32 {
    return (curves[LIGHTS + (light >> 2u)] >> ((light & 3u) * 8u)) & 255u;
}

// round((alpha * colour + (255 - alpha) * matte) / 255), exactly; see `over` in pixels/flatten.rs.
fn over(colour: vec3<u32>, alpha: u32, matte: vec3<u32>) -> vec3<u32> {
    let t = colour * alpha + matte * (255u - alpha) + vec3<u32>(128u);
    return (t + (t >> vec3<u32>(8u))) >> vec3<u32>(8u);
}

fn over_linear_1(colour: u32, alpha: u32, matte: u32) -> u32 {
    return encoded((alpha * light(colour) + (255u - alpha) * light(matte) + 127u) / 255u);
}

// A source pixel over the matte, as pixels/flatten.rs does it.
fn flattened(pixel: u32, matte: u32) -> vec3<u32> {
    let p = bytes(pixel);
    let m = bytes(matte);
    if (m.w == 0u) {
        return over(p.xyz, p.w, m.xyz);
    }
    // Opaque and clear pixels come back from light as they went.
    if (p.w == 255u) {
        return p.xyz;
    }
    if (p.w == 0u) {
        return m.xyz;
    }
    return vec3<u32>(over_linear_1(p.x, p.w, m.x), over_linear_1(p.y, p.w, m.y), over_linear_1(p.z, p.w, m.z));
}

// Finished pixels of a workgroup, 32 in each of 4 rows: 8 bits a sample from the lowest byte, to be packed without the gap.
var<workgroup> finished: array<u32, 128>;

// Word number `at` of the packed samples of a row of `finished` that begins at `row`, three samples a pixel.
fn packed_rgb(row: u32, at: u32) -> u32 {
    let part = at % 3u;
    let i = row + 4u * (at / 3u) + part;
    return (finished[i] >> (8u * part)) | (finished[i + 1u] << (24u - 8u * part));
}

// The same, one sample a pixel.
fn packed_grey(row: u32, at: u32) -> u32 {
    let first = row + 4u * at;
    return finished[first] | (finished[first + 1u] << 8u) | (finished[first + 2u] << 16u) | (finished[first + 3u] << 24u);
}

// Writes the finished pixels of the workgroup: to be called by all of its threads after a barrier. A row of it is 24 words
// of RGB, or 8 of grey.
fn write_out(p: Picture, group: vec3<u32>, local: vec3<u32>) {
    let y = group.y * 4u + local.y;
    let row = local.y * 32u;
    let is_grey = p.samples == 1u;
    let words = select(24u, 8u, is_grey);
    let word = group.x * words + local.x;
    if (local.x >= words || word >= p.out_stride || y >= p.to_height) {
        return;
    }
    let at = p.out + y * p.out_stride + word;
    if (is_grey) {
        out[at] = packed_grey(row, local.x);
    } else {
        out[at] = packed_rgb(row, local.x);
    }
}
