//! How large a replacement is: one pure function of the size a picture is seen at and of the settings. Plan, memory and
//! work all ask here, so that what is planned is what is made.
//!
//! The rules, in order:
//!
//! 1. A target or a box that is no multiple counts as the next multiple below.
//! 2. The picture is *fitted*: to the target, into the box, to so many pixels. Never enlarged unless that was asked for.
//! 3. Sides that have to be multiples are rounded: to the nearest ([`Shape::Free`]), down ([`Shape::Crop`]) or up
//!    ([`Shape::Pad`], the picture itself does not grow by that); to at least one multiple.
//! 4. With crop or pad a box is a shape that every picture gets. One that does not fill it, and may not be enlarged, gets
//!    the box's proportions at its own size: the largest such shape within it (crop), the smallest around it (pad).
//! 5. A side shorter than one multiple cannot become one without enlarging or padding: it stays as fitted.
//!
//! What came out of here comes out as it is when it goes in again: no picture is worked on twice.

#[cfg(test)]
mod tests;

use crate::engine::pixels::Size;
use crate::engine::settings::{Fit, PictureSettings, Shape};

/// Longest side of a replacement: where libjpeg ends.
const LARGEST: u32 = 65_500;

/// What becomes of a picture's size. All sizes are as seen, after orientation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Geometry {
    /// What the whole picture is resampled to.
    pub(crate) scaled: Size,
    /// The replacement's size. Where a side is less than in `scaled`, what hangs over is cut; where it is more, the matte
    /// fills it; both evenly on either side.
    pub(crate) finished: Size,
}

/// What becomes of a picture that is seen at size `seen`.
pub(crate) fn geometry(seen: Size, picture: &PictureSettings) -> Geometry {
    let rule = Rule::new(picture);
    match (picture.shape, picture.fit) {
        (Shape::Crop | Shape::Pad, Fit::Box { .. }) => rule.boxed(seen),
        _ => rule.fitted_and_rounded(seen),
    }
}

/// Whether a picture is larger than what it has to fit; by the settings' own numbers, before any rounding.
pub(crate) fn exceeds(seen: Size, picture: &PictureSettings) -> bool {
    let above = match picture.fit {
        Fit::Longest => seen.longest() > picture.target,
        Fit::Shortest => shortest(seen) > picture.target,
        Fit::Box { width, height } => seen.width > width || seen.height > height,
        Fit::Megapixels(megapixels) => seen.pixels() > most_pixels(megapixels),
    };
    above || seen.longest() > LARGEST
}

/// The settings that matter here.
struct Rule {
    /// With its sides rounded down to multiples where there is a box; the target likewise.
    fit: Fitted,
    multiple: u32,
    shape: Shape,
    upscale: bool,
}

#[derive(Clone, Copy)]
enum Fitted {
    Within(Size),
    Shortest(u32),
    Pixels(u64),
}

impl Rule {
    fn new(picture: &PictureSettings) -> Self {
        let multiple = picture.multiple_of.max(1);
        // Less than one multiple is a problem of the settings; here it stays what it is.
        let whole = |side: u32| if side < multiple { side.max(1) } else { side - side % multiple };
        let square = |side: u32| Size { width: side, height: side };
        Self {
            fit: match picture.fit {
                Fit::Longest => Fitted::Within(square(whole(picture.target))),
                Fit::Shortest => Fitted::Shortest(whole(picture.target)),
                Fit::Box { width, height } => Fitted::Within(Size {
                    width: whole(width),
                    height: whole(height),
                }),
                Fit::Megapixels(megapixels) => Fitted::Pixels(most_pixels(megapixels)),
            },
            multiple,
            shape: picture.shape,
            upscale: picture.upscale,
        }
    }

    fn fitted_and_rounded(&self, seen: Size) -> Geometry {
        let fitted = self.fitted(seen);
        let mut finished = Size {
            width: self.rounded(fitted.width, seen.width),
            height: self.rounded(fitted.height, seen.height),
        };
        if let Fitted::Pixels(most) = self.fit
            && self.shape == Shape::Pad
            && finished.pixels() > most
        {
            finished = self.of_pixels(seen, most, true);
        }
        self.shaped(seen, finished)
    }

    /// The picture fitted, its proportions kept to the nearest pixel; of multiples already where it is fitted to a number
    /// of pixels, because rounding afterwards could pass that number.
    fn fitted(&self, seen: Size) -> Size {
        let fitted = match self.fit {
            Fitted::Within(bounds) if holds(bounds, seen) && !self.upscale => seen,
            Fitted::Within(bounds) => into(seen, bounds),
            Fitted::Shortest(target) if shortest(seen) <= target && !self.upscale => seen,
            Fitted::Shortest(target) => Size {
                width: ratio(seen.width, target, shortest(seen)),
                height: ratio(seen.height, target, shortest(seen)),
            },
            Fitted::Pixels(most) => {
                let smaller = self.of_pixels(seen, most, false);
                let grows = smaller.width > seen.width && smaller.height > seen.height;
                let multiples = seen.width.is_multiple_of(self.multiple) && seen.height.is_multiple_of(self.multiple);
                // A step of one side alone would be taken again and again, by another rounding each time.
                if seen.pixels() <= most && (!self.upscale || multiples && !grows) {
                    seen
                } else {
                    smaller
                }
            }
        };
        let largest = LARGEST - LARGEST % self.multiple;
        if fitted.longest() <= largest {
            return fitted;
        }
        into(
            seen,
            Size {
                width: largest,
                height: largest,
            },
        )
    }

    /// The largest picture of `seen`'s proportions whose sides are multiples and that has at most so many pixels; at least
    /// one multiple a side. `any`: it may be larger than `seen`.
    fn of_pixels(&self, seen: Size, most: u64, any: bool) -> Size {
        let any = any || self.upscale;
        let (long, short) = (seen.longest(), shortest(seen));
        let multiple = if !any && short < self.multiple { 1 } else { self.multiple };
        let sides = |steps: u32| {
            let other = ratio(steps, short, long);
            let other = if any { other } else { other.min((short / multiple).max(1)) };
            (steps * multiple, other * multiple)
        };
        let end = if any { LARGEST } else { long.min(LARGEST) };
        let fits = |steps: u32| {
            let (long, short) = sides(steps);
            u64::from(long) * u64::from(short) <= most
        };
        let (long, short) = sides(last(end / multiple, fits).max(1));
        oriented(long, short, seen)
    }

    /// One side, rounded as the shape wants it. `own`: the picture's own.
    fn rounded(&self, fitted: u32, own: u32) -> u32 {
        let multiple = self.multiple;
        if multiple == 1 {
            return fitted;
        }
        if self.shape == Shape::Pad {
            return fitted.next_multiple_of(multiple);
        }
        if own < multiple && !self.upscale {
            return fitted;
        }
        let down = fitted - fitted % multiple;
        let nearest = match (self.shape, self.fit) {
            (Shape::Free, Fitted::Within(_) | Fitted::Shortest(_)) if 2 * (fitted - down) >= multiple => down + multiple,
            _ => down,
        };
        let largest = if self.upscale { u32::MAX } else { own - own % multiple };
        nearest.max(multiple).min(largest)
    }

    /// A shape that every picture gets, at its own size where it does not fill the box.
    fn boxed(&self, seen: Size) -> Geometry {
        let Fitted::Within(bounds) = self.fit else {
            return self.fitted_and_rounded(seen);
        };
        let (long, short) = (bounds.longest() / self.multiple, shortest(bounds) / self.multiple);
        // The box's proportions at every size that is made of multiples, the box itself last.
        let size = |steps: u32| {
            let (steps, other) = (steps.max(1), ratio(steps.max(1), short.max(1), long.max(1)));
            oriented(steps * self.multiple, other * self.multiple, bounds)
        };
        let finished = if self.upscale {
            bounds
        } else if self.shape == Shape::Pad {
            let too_small = last(long, |steps| !holds(size(steps), seen));
            if too_small < long { size(too_small + 1) } else { bounds }
        } else {
            match last(long, |steps| holds(seen, size(steps))) {
                // Shorter than one multiple: it is only fitted.
                0 => {
                    let finished = if holds(bounds, seen) { seen } else { into(seen, bounds) };
                    return Geometry {
                        scaled: finished,
                        finished,
                    };
                }
                steps => size(steps),
            }
        };
        self.shaped(seen, finished)
    }

    /// How a picture reaches a size.
    fn shaped(&self, seen: Size, finished: Size) -> Geometry {
        let scaled = match self.shape {
            Shape::Free => finished,
            Shape::Crop => cover(seen, finished),
            Shape::Pad if holds(finished, seen) && !self.upscale => seen,
            Shape::Pad => into(seen, finished),
        };
        Geometry { scaled, finished }
    }
}

fn shortest(size: Size) -> u32 {
    size.width.min(size.height)
}

fn most_pixels(megapixels: f64) -> u64 {
    // Numbers that make no sense saturate; the settings' problems name them.
    ((megapixels * 1e6) as u64).max(1)
}

/// Whether the outer size holds the inner one.
fn holds(outer: Size, inner: Size) -> bool {
    inner.width <= outer.width && inner.height <= outer.height
}

/// A size of these sides, the longer one across where `like` is wider than high.
fn oriented(long: u32, short: u32, like: Size) -> Size {
    let size = Size {
        width: long,
        height: short,
    };
    if like.width >= like.height { size } else { size.transposed() }
}

/// `side * by / of`, halves up, at least 1.
fn ratio(side: u32, by: u32, of: u32) -> u32 {
    let (side, by, of) = (u128::from(side), u128::from(by), u128::from(of).max(1));
    // Halves up in whole numbers: floor(x + 1/2).
    let rounded = (2 * side * by + of) / (2 * of);
    u32::try_from(rounded.max(1)).unwrap_or(u32::MAX)
}

/// The picture's proportions, touching `bounds` from within.
fn into(seen: Size, bounds: Size) -> Size {
    if u64::from(bounds.width) * u64::from(seen.height) <= u64::from(bounds.height) * u64::from(seen.width) {
        Size {
            width: bounds.width,
            height: ratio(seen.height, bounds.width, seen.width),
        }
    } else {
        Size {
            width: ratio(seen.width, bounds.height, seen.height),
            height: bounds.height,
        }
    }
}

/// The picture's proportions, touching `shape` from without.
fn cover(seen: Size, shape: Size) -> Size {
    if u64::from(shape.width) * u64::from(seen.height) >= u64::from(shape.height) * u64::from(seen.width) {
        Size {
            width: shape.width,
            height: ratio(seen.height, shape.width, seen.width).max(shape.height),
        }
    } else {
        Size {
            width: ratio(seen.width, shape.height, seen.height).max(shape.width),
            height: shape.height,
        }
    }
}

/// The last number from 1 to `end` that fits, where all before it fit as well; 0 where none does.
fn last(end: u32, fits: impl Fn(u32) -> bool) -> u32 {
    let (mut low, mut high) = (0, end);
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        if fits(middle) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    low
}
