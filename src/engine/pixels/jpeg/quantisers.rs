//! The quantisation tables that belong to a quality: those of ITU-T T.81, Annex K.1, scaled as libjpeg scales them. The
//! check of what was encoded needs to know them from elsewhere than from the bytes it checks.

/// K.1, luma, by rows.
const LUMA: [u16; 64] = [
    16, 11, 10, 16, 24, 40, 51, 61, //
    12, 12, 14, 19, 26, 58, 60, 55, //
    14, 13, 16, 24, 40, 57, 69, 56, //
    14, 17, 22, 29, 51, 87, 80, 62, //
    18, 22, 37, 56, 68, 109, 103, 77, //
    24, 35, 55, 64, 81, 104, 113, 92, //
    49, 64, 78, 87, 103, 121, 120, 101, //
    72, 92, 95, 98, 112, 100, 103, 99,
];

/// K.2, chroma, by rows: this corner, and 99 everywhere else.
const CHROMA: [[u16; 4]; 4] = [[17, 18, 24, 47], [18, 21, 26, 66], [24, 26, 56, 99], [47, 66, 99, 99]];

/// The table of a quality (1 to 100), in zigzag order as files store it.
pub(super) fn table(quality: u8, chroma: bool) -> [u16; 64] {
    let quality = u32::from(quality.clamp(1, 100));
    // Per cent of the table: jpeg_quality_scaling.
    let scale = if quality < 50 { 5000 / quality } else { 200 - 2 * quality };
    let mut out = [0; 64];
    for (slot, (row, column)) in out.iter_mut().zip(zigzag()) {
        let base = match chroma {
            false => LUMA[row * 8 + column],
            true if row < 4 && column < 4 => CHROMA[row][column],
            true => 99,
        };
        *slot = ((u32::from(base) * scale + 50) / 100).clamp(1, 255) as u16;
    }
    out
}

/// Rows and columns of a block along its anti-diagonals, in turns upwards and downwards.
fn zigzag() -> impl Iterator<Item = (usize, usize)> {
    (0..15usize).flat_map(|diagonal| {
        let along = diagonal.saturating_sub(7)..=diagonal.min(7);
        let even = diagonal % 2 == 0;
        along.map(move |step| {
            let other = diagonal - step;
            if even { (other, step) } else { (step, other) }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables() {
        let table_50 = table(50, false);
        // The begin of the zigzag as printed in T.81, figure A.6, and its end.
        assert_eq!(table_50[..10], [16, 11, 12, 14, 12, 10, 16, 14, 13, 14]);
        assert_eq!(table_50[60..], [92, 101, 103, 99][..]);
        assert_eq!(table(100, true), [1; 64]);
        assert_eq!(table(95, false)[..6], [2, 1, 1, 1, 1, 1]);
        assert_eq!(table(1, false), [255; 64]);
        assert_eq!(zigzag().count(), 64);
    }
}
