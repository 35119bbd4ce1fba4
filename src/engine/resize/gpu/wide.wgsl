// 16-bit samples, for linear light and for the area mean: the format that resize/wide.rs writes down. Between the passes two
// samples are in a word. No sum of them passes 32 bits, see resize/weights.rs.

fn rounded(sums: vec4<i32>, bits: u32) -> vec4<u32> {
    return vec4<u32>(clamp(sums >> vec4<u32>(bits), vec4<i32>(0), vec4<i32>(65535)));
}

// 8-bit samples as 16-bit ones.
fn widened(samples: vec4<u32>, linear: u32) -> vec4<i32> {
    if (linear != 0u) {
        return vec4<i32>(vec4<u32>(light(samples.x), light(samples.y), light(samples.z), light(samples.w)));
    }
    return vec4<i32>(samples * 257u);
}

// A 16-bit sample as an 8-bit one.
fn narrowed(sample: u32, linear: u32) -> u32 {
    if (linear != 0u) {
        return encoded(sample);
    }
    return (sample + 128u) / 257u;
}

// The vertical pass: as that of 8-bit samples, and twice as many words come out.
@compute @workgroup_size(32, 4, 1)
fn down(@builtin(global_invocation_id) at: vec3<u32>) {
    let p = picture(at.z);
    if (at.x >= p.items || at.y >= p.to_height) {
        return;
    }
    let first = tables[p.down + 2u * at.y];
    let count = tables[p.down + 2u * at.y + 1u];
    let weights = p.down + 2u * p.to_height + at.y * p.down_words;
    let half = 1 << (p.down_bits - 1u);
    if (p.samples < 4u) {
        var sums = vec4<i32>(half);
        let column = p.source + at.x;
        for (var i = 0u; i < count; i += 1u) {
            let pair = tables[weights + i / 2u];
            let weight = select(lower(pair), upper(pair), (i & 1u) == 1u);
            sums += widened(bytes(source[column + (first + i) * p.source_stride]), p.linear) * weight;
        }
        let s = rounded(sums, p.down_bits);
        let to = p.middle + at.y * p.middle_stride + at.x * 2u;
        middle[to] = s.x | (s.y << 16u);
        middle[to + 1u] = s.z | (s.w << 16u);
        return;
    }
    var a = vec4<i32>(half);
    var b = a;
    var c = a;
    let x = at.x * 4u;
    let right = p.width - 1u;
    let columns = vec4<u32>(p.source) + min(vec4<u32>(x, x + 1u, x + 2u, x + 3u), vec4<u32>(right));
    for (var i = 0u; i < count; i += 1u) {
        let pair = tables[weights + i / 2u];
        let weight = select(lower(pair), upper(pair), (i & 1u) == 1u);
        let row = columns + vec4<u32>((first + i) * p.source_stride);
        let k = flattened(source[row.x], p.matte);
        let l = flattened(source[row.y], p.matte);
        let m = flattened(source[row.z], p.matte);
        let n = flattened(source[row.w], p.matte);
        a += widened(vec4<u32>(k, l.x), p.linear) * weight;
        b += widened(vec4<u32>(l.yz, m.xy), p.linear) * weight;
        c += widened(vec4<u32>(m.z, n), p.linear) * weight;
    }
    let s = rounded(a, p.down_bits);
    let t = rounded(b, p.down_bits);
    let u = rounded(c, p.down_bits);
    let to = p.middle + at.y * p.middle_stride + at.x * 6u;
    middle[to] = s.x | (s.y << 16u);
    middle[to + 1u] = s.z | (s.w << 16u);
    middle[to + 2u] = t.x | (t.y << 16u);
    middle[to + 3u] = t.z | (t.w << 16u);
    middle[to + 4u] = u.x | (u.y << 16u);
    middle[to + 5u] = u.z | (u.w << 16u);
}

// Two 16-bit samples of a word.
fn two(word: u32) -> vec2<i32> {
    return vec2<i32>(vec2<u32>(word & 65535u, word >> 16u));
}

// The horizontal pass: as that of 8-bit samples. A four of pixels is six words of RGB, or two of grey.
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
                let begin = row + 2u * (first + i);
                let s = two(middle[begin]);
                let t = two(middle[begin + 1u]);
                sum += s.x * lower(low) + s.y * upper(low) + t.x * lower(high) + t.y * upper(high);
            }
            pixel = narrowed(rounded(vec4<i32>(sum), p.across_bits).x, p.linear);
        } else {
            var sums = vec3<i32>(half);
            for (var i = 0u; i < count; i += 1u) {
                let low = tables[weights + 2u * i];
                let high = tables[weights + 2u * i + 1u];
                let begin = row + 6u * (first + i);
                let k = two(middle[begin]);
                let l = two(middle[begin + 1u]);
                let m = two(middle[begin + 2u]);
                let n = two(middle[begin + 3u]);
                let o = two(middle[begin + 4u]);
                let q = two(middle[begin + 5u]);
                sums += vec3<i32>(k, l.x) * lower(low) + vec3<i32>(l.y, m) * upper(low);
                sums += vec3<i32>(n, o.x) * lower(high) + vec3<i32>(o.y, q) * upper(high);
            }
            let s = rounded(vec4<i32>(sums, 0), p.across_bits);
            pixel = narrowed(s.x, p.linear) | (narrowed(s.y, p.linear) << 8u) | (narrowed(s.z, p.linear) << 16u);
        }
    }
    finished[local.y * 32u + local.x] = pixel;
    workgroupBarrier();
    write_out(p, group, local);
}
