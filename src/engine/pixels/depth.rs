//! From 16 bits a sample to 8.

/// `round(v / 257)`, exactly: 257 is 65535 / 255.
#[inline(always)]
pub(super) fn to_8_bits(v: u16) -> u8 {
    ((u32::from(v) * 255 + 32_895) >> 16) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_rounded() {
        for v in 0..=65_535_u32 {
            // Halves never occur: 257 is odd.
            assert_eq!(u32::from(to_8_bits(v as u16)), (2 * v + 257) / 514, "{v}");
        }
    }
}
