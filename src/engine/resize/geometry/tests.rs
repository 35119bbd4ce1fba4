//! Sizes as tables, and what must hold for any size and any settings.

use proptest::prelude::*;

use super::*;

fn size((width, height): (u32, u32)) -> Size {
    Size { width, height }
}

fn sides(size: Size) -> (u32, u32) {
    (size.width, size.height)
}

#[test]
fn the_longest_side() {
    fn check(seen: (u32, u32), target: u32, upscale: bool, expected: (u32, u32)) {
        let picture = PictureSettings {
            target,
            upscale,
            ..Default::default()
        };
        let found = geometry(size(seen), &picture);
        assert_eq!(
            (sides(found.finished), found.scaled),
            (expected, found.finished),
            "{seen:?} to {target}, upscale {upscale}"
        );
        let turned = geometry(size(seen).transposed(), &picture);
        assert_eq!(turned.finished, found.finished.transposed());
    }
    check((1024, 768), 512, false, (512, 384));
    check((1000, 333), 512, false, (512, 170)); // 170.496
    check((1024, 1023), 512, false, (512, 512)); // 511.5, up
    check((1024, 1021), 512, false, (512, 511)); // 510.5, up
    check((4000, 1), 512, false, (512, 1));
    check((512, 512), 512, false, (512, 512));
    check((512, 300), 512, true, (512, 300));
    check((100, 60), 512, false, (100, 60));
    check((100, 60), 512, true, (512, 307)); // 307.2
    check((1, 1), 512, true, (512, 512));
    check((u32::MAX, u32::MAX), 512, false, (512, 512));
    check((65_500, 3), 65_499, false, (65_499, 3));
}

#[test]
fn every_fit_and_shape() {
    use Shape::{Crop, Free, Pad};
    /// `fit`, multiple, shape and upscale in one line; what is scaled to and what is finished.
    #[track_caller]
    fn check(seen: (u32, u32), fit: &str, multiple_of: u32, shape: Shape, upscale: bool, scaled: (u32, u32), finished: (u32, u32)) {
        let picture = PictureSettings {
            fit: fit.parse::<Fit>().unwrap(),
            multiple_of,
            shape,
            upscale,
            ..Default::default()
        };
        let found = geometry(size(seen), &picture);
        assert_eq!((sides(found.scaled), sides(found.finished)), (scaled, finished));
    }
    check((2000, 1000), "shortest", 1, Free, false, (1024, 512), (1024, 512));
    check((400, 300), "shortest", 1, Free, false, (400, 300), (400, 300));
    check((400, 300), "shortest", 1, Free, true, (683, 512), (683, 512));
    // The format's end comes before the target.
    check((600_000, 600), "shortest", 1, Free, false, (65_500, 66), (65_500, 66));
    check((1500, 1500), "768x512", 1, Free, false, (512, 512), (512, 512));
    check((3000, 1000), "768x512", 1, Free, false, (768, 256), (768, 256));
    check((700, 500), "768x512", 1, Free, false, (700, 500), (700, 500));
    check((2000, 1000), "1MP", 1, Free, false, (1414, 707), (1414, 707));
    check((1000, 1000), "1MP", 1, Free, false, (1000, 1000), (1000, 1000));
    check((100_000, 1), "0.0005MP", 1, Free, false, (500, 1), (500, 1));
    check((100, 100), "1MP", 1, Free, true, (1000, 1000), (1000, 1000));

    check((1000, 700), "longest", 64, Free, false, (512, 384), (512, 384)); // 358.4, up
    check((1000, 600), "longest", 64, Free, false, (512, 320), (512, 320)); // 307.2, up
    check((300, 200), "longest", 64, Free, false, (256, 192), (256, 192)); // never up past its own size
    check((4000, 100), "longest", 64, Free, false, (512, 64), (512, 64));
    check((4000, 10), "longest", 64, Free, false, (512, 1), (512, 1)); // shorter than one multiple
    check((4000, 10), "longest", 64, Free, true, (512, 64), (512, 64));
    check((1000, 700), "longest", 64, Crop, false, (512, 358), (512, 320));
    check((300, 200), "longest", 64, Crop, false, (288, 192), (256, 192));
    check((4000, 100), "longest", 64, Crop, false, (2560, 64), (512, 64));
    check((1000, 700), "longest", 64, Pad, false, (512, 358), (512, 384));
    check((300, 200), "longest", 64, Pad, false, (300, 200), (320, 256));
    check((4000, 10), "longest", 64, Pad, false, (512, 1), (512, 64));
    check((1999, 999), "1MP", 64, Free, false, (1408, 704), (1408, 704));
    check((1000, 999), "1MP", 64, Pad, false, (960, 959), (960, 960)); // 1024 x 1024 would be too many
    check((1000, 600), "700x400", 64, Free, false, (640, 384), (640, 384)); // the box counts as 640 x 384

    check((3000, 1000), "512x512", 1, Crop, false, (1536, 512), (512, 512));
    check((1000, 300), "512x512", 1, Crop, false, (1000, 300), (300, 300)); // the box's proportions at its own size
    check((1000, 300), "512x512", 1, Crop, true, (1707, 512), (512, 512));
    check((1000, 300), "512x512", 64, Crop, false, (853, 256), (256, 256));
    check((1000, 10), "512x512", 64, Crop, false, (512, 5), (512, 5)); // shorter than one multiple: only fitted
    check((3000, 1000), "512x512", 1, Pad, false, (512, 171), (512, 512));
    check((400, 300), "512x512", 1, Pad, false, (400, 300), (400, 400));
    check((400, 300), "768x512", 64, Pad, false, (400, 300), (448, 320)); // 7 x 4.67 multiples, up
    check((400, 300), "512x512", 1, Pad, true, (512, 384), (512, 512));
}

fn fits() -> impl Strategy<Value = Fit> {
    prop_oneof![
        Just(Fit::Longest),
        Just(Fit::Shortest),
        (64u32..2000, 64u32..2000).prop_map(|(width, height)| Fit::Box { width, height }),
        (0.005f64..4.0).prop_map(Fit::Megapixels),
    ]
}

/// Sides of every order of magnitude, so that narrow and tiny pictures are not rare.
fn side() -> impl Strategy<Value = u32> {
    prop_oneof![1u32..70, 1u32..700, 1u32..5000, 1u32..200_000]
}

prop_compose! {
    /// Settings that have no problems.
    fn settings()(
        fit in fits(),
        target in 64u32..3000,
        multiple_of in prop_oneof![Just(1u32), Just(8), Just(64), 1u32..64],
        shape in prop_oneof![Just(Shape::Free), Just(Shape::Crop), Just(Shape::Pad)],
        upscale: bool,
    ) -> PictureSettings {
        PictureSettings { fit, target, multiple_of, shape, upscale, ..Default::default() }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn what_holds_for_any_picture(width in side(), height in side(), picture in settings()) {
        let seen = Size { width, height };
        let Geometry { scaled, finished } = geometry(seen, &picture);
        prop_assert!(shortest(scaled) >= 1 && shortest(finished) >= 1);
        prop_assert!(finished.longest() <= LARGEST, "{finished:?}");
        if !picture.upscale {
            prop_assert!(holds(seen, scaled), "enlarged to {scaled:?}");
            prop_assert!(picture.shape == Shape::Pad || holds(seen, finished));
        }
        // What has to be cut is there, what has to be filled is free.
        match picture.shape {
            Shape::Free => prop_assert_eq!(scaled, finished),
            Shape::Crop => prop_assert!(holds(scaled, finished)),
            Shape::Pad => prop_assert!(holds(finished, scaled)),
        }
        match picture.fit {
            Fit::Longest => prop_assert!(finished.longest() <= picture.target),
            Fit::Shortest => prop_assert!(shortest(finished) <= picture.target),
            Fit::Box { width, height } => prop_assert!(finished.width <= width && finished.height <= height),
            Fit::Megapixels(megapixels) => prop_assert!(finished.pixels() <= most_pixels(megapixels), "{finished:?}"),
        }
        // Multiples, unless the picture has no room for one.
        let room = picture.upscale || picture.shape == Shape::Pad || shortest(seen) >= picture.multiple_of;
        if room {
            prop_assert!(finished.width.is_multiple_of(picture.multiple_of), "{finished:?}");
            prop_assert!(finished.height.is_multiple_of(picture.multiple_of), "{finished:?}");
        }
        // What is too large never stays as it is; what came out stays as it is.
        prop_assert!(!exceeds(seen, &picture) || finished != seen);
        prop_assert!(!exceeds(finished, &picture), "{finished:?}");
        let again = geometry(finished, &picture);
        prop_assert_eq!(again, Geometry { scaled: finished, finished });
    }

    #[test]
    fn proportions_stay(width in 200u32..5000, height in 200u32..5000, picture in settings()) {
        let picture = PictureSettings { multiple_of: 1, ..picture };
        let seen = Size { width, height };
        let Geometry { scaled, .. } = geometry(seen, &picture);
        // Each side is within a pixel of the other's proportion.
        let (long, short) = (f64::from(scaled.longest()), f64::from(shortest(scaled)));
        let exact = long * f64::from(shortest(seen)) / f64::from(seen.longest());
        prop_assert!((short - exact).abs() <= 1.0, "{scaled:?}");
    }
}
