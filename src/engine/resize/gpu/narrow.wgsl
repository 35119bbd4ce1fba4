// 8-bit samples, as fast_image_resize sums them up: weights of 16 bits, a half added, shifted right, clamped to 8 bits
// after each pass.

fn rounded(sums: vec4<i32>, bits: u32) -> vec4<u32> {
    return vec4<u32>(clamp(sums >> vec4<u32>(bits), vec4<i32>(0), vec4<i32>(255)));
}

// The vertical pass. Grey and RGB: a thread makes a word of a row, four neighbouring samples, whatever they belong to. RGBA:
// four pixels of a row, which become three words.
@compute @workgroup_size(32, 4, 1)
fn down(@builtin(global_invocation_id) at: vec3<u32>) {
    let p = picture(at.z);
    if (at.x >= p.items || at.y >= p.to_height) {
        return;
    }
    let first = tables[p.down + 2u * at.y];
    let count = tables[p.down + 2u * at.y + 1u];
    let weights = p.down + 2u * p.to_height + at.y * p.down_words;
    let last = p.height - 1u;
    let half = 1 << (p.down_bits - 1u);
    if (p.samples < 4u) {
        var sums = vec4<i32>(half);
        let column = p.source + at.x;
        for (var i = 0u; i < count; i += 2u) {
            let pair = tables[weights + i / 2u];
            sums += vec4<i32>(bytes(source[column + (first + i) * p.source_stride])) * lower(pair);
            // The last window may end in the middle of a pair; the weight is 0 then.
            sums += vec4<i32>(bytes(source[column + min(first + i + 1u, last) * p.source_stride])) * upper(pair);
        }
        let s = rounded(sums, p.down_bits);
        middle[p.middle + at.y * p.middle_stride + at.x] = s.x | (s.y << 8u) | (s.z << 16u) | (s.w << 24u);
        return;
    }
    var a = vec3<i32>(half);
    var b = a;
    var c = a;
    var d = a;
    // Beyond the last pixel the last one again: what becomes of it is padding.
    let x = at.x * 4u;
    let right = p.width - 1u;
    let columns = vec4<u32>(p.source) + min(vec4<u32>(x, x + 1u, x + 2u, x + 3u), vec4<u32>(right));
    for (var i = 0u; i < count; i += 1u) {
        let pair = tables[weights + i / 2u];
        let weight = select(lower(pair), upper(pair), (i & 1u) == 1u);
        let row = columns + vec4<u32>((first + i) * p.source_stride);
        a += vec3<i32>(flattened(source[row.x], p.matte)) * weight;
        b += vec3<i32>(flattened(source[row.y], p.matte)) * weight;
        c += vec3<i32>(flattened(source[row.z], p.matte)) * weight;
        d += vec3<i32>(flattened(source[row.w], p.matte)) * weight;
    }
    let s = rounded(vec4<i32>(a.x, a.y, a.z, b.x), p.down_bits);
    let t = rounded(vec4<i32>(b.y, b.z, c.x, c.y), p.down_bits);
    let u = rounded(vec4<i32>(c.z, d.x, d.y, d.z), p.down_bits);
    let to = p.middle + at.y * p.middle_stride + at.x * 3u;
    middle[to] = s.x | (s.y << 8u) | (s.z << 16u) | (s.w << 24u);
    middle[to + 1u] = t.x | (t.y << 8u) | (t.z << 16u) | (t.w << 24u);
    middle[to + 2u] = u.x | (u.y << 8u) | (u.z << 16u) | (u.w << 24u);
}

// The horizontal pass: a thread makes a pixel. Windows begin at every fourth pixel and have fours of weights, so that a four
// of pixels is three whole words of RGB, or one of grey.
@compute @workgroup_size(32, 4, 1)
fn across(
    @builtin(global_invocation_id) at: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
    @builtin(workgroup_id) group: vec3<u32>,
) {
    let p = picture(at.z);
    var pixel = 0u;
    if (at.x < p.to_width && at.y < p.to_height) {
        let first = tables[p.across + 2u * at.x];
        let count = tables[p.across + 2u * at.x + 1u];
        let weights = p.across + 2u * p.to_width + at.x * p.across_words;
        let row = p.middle + at.y * p.middle_stride;
        let half = 1 << (p.across_bits - 1u);
        if (p.samples == 1u) {
            var sum = half;
            for (var i = 0u; i < count; i += 1u) {
                let low = tables[weights + 2u * i];
                let high = tables[weights + 2u * i + 1u];
                let s = vec4<i32>(bytes(middle[row + first + i]));
                sum += s.x * lower(low) + s.y * upper(low) + s.z * lower(high) + s.w * upper(high);
            }
            pixel = rounded(vec4<i32>(sum), p.across_bits).x;
        } else {
            var sums = vec3<i32>(half);
            for (var i = 0u; i < count; i += 1u) {
                let low = tables[weights + 2u * i];
                let high = tables[weights + 2u * i + 1u];
                let begin = row + 3u * (first + i);
                let s = vec4<i32>(bytes(middle[begin]));
                let t = vec4<i32>(bytes(middle[begin + 1u]));
                let u = vec4<i32>(bytes(middle[begin + 2u]));
                sums += s.xyz * lower(low) + vec3<i32>(s.w, t.x, t.y) * upper(low);
                sums += vec3<i32>(t.z, t.w, u.x) * lower(high) + u.yzw * upper(high);
            }
            let s = rounded(vec4<i32>(sums, 0), p.across_bits);
            pixel = s.x | (s.y << 8u) | (s.z << 16u);
        }
    }
    finished[local.y * 32u + local.x] = pixel;
    workgroupBarrier();
    write_out(p, group, local);
}
