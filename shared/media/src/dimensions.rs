//! The size of an image in pixels.

use std::fmt;

/// Width and height in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dimensions {
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
}

impl Dimensions {
    /// The size at the same aspect ratio whose longest side is `longest`, with no side below 1.
    pub(crate) fn fit(self, longest: u32) -> Self {
        let side = u64::from(self.width.max(self.height)).max(1);
        let scaled = |n: u32| -> u32 {
            let rounded = (u64::from(n) * u64::from(longest) + side / 2) / side;
            u32::try_from(rounded).unwrap_or(longest).max(1)
        };
        Self { width: scaled(self.width), height: scaled(self.height) }
    }

    /// As [`fit`](Self::fit), but never larger than the original size.
    pub(crate) fn shrink(self, longest: u32) -> Self {
        if self.width.max(self.height) <= longest { self } else { self.fit(longest) }
    }

    pub(crate) fn pixels(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }
}

/// As in `6,000 × 4,000`.
impl fmt::Display for Dimensions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let grouped = |n: u32| {
            let digits = n.to_string();
            let mut text = String::with_capacity(digits.len() + 3);
            for (i, digit) in digits.char_indices() {
                if i > 0 && (digits.len() - i).is_multiple_of(3) {
                    text.push(',');
                }
                text.push(digit);
            }
            text
        };
        write!(f, "{} × {}", grouped(self.width), grouped(self.height))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(width: u32, height: u32) -> Dimensions {
        Dimensions { width, height }
    }

    #[test]
    fn a_thumbnail_of_three_by_two_is_150_by_100() {
        assert_eq!(size(6000, 4000).shrink(150), size(150, 100));
        assert_eq!(size(4000, 6000).shrink(150), size(100, 150));
        assert_eq!(size(6000, 4000).shrink(500), size(500, 333));
    }

    #[test]
    fn small_images_stay_and_thin_ones_keep_a_pixel() {
        assert_eq!(size(100, 20).shrink(150), size(100, 20));
        assert_eq!(size(60_000, 3).shrink(500), size(500, 1));
        assert_eq!(size(u32::MAX, 1).shrink(500), size(500, 1));
    }

    #[test]
    fn sizes_are_written_with_commas_at_thousands() {
        assert_eq!(size(100_000, 999).to_string(), "100,000 × 999");
        assert_eq!(size(1_234_567, 1000).to_string(), "1,234,567 × 1,000");
    }
}
