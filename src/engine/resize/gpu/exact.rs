//! Tests: what the kernels make is what the processor makes, sample for sample, whatever the picture and whatever else is in
//! the batch. On any adapter there is, software ones included; pictures are small, since those are fifty times slower than a
//! thread of the processor.

use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Instant;

use super::axis::Tables;
use super::batch::{Batch, MOST_PICTURES, Picture, Room};
use super::check::{Noise, expected, padded, pictures};
use super::failure::Failure;
use super::kernels::Kernels;
use super::measure::{FILTERS, Rig, layouts};
use crate::engine::pixels::{Layout, Matte, Size};
use crate::engine::resize::Resample;
use crate::engine::settings::Filter;

/// What the tests of batches have room for.
const ROOM: Room = Room {
    source: 8 << 20,
    middle: 16 << 20,
    out: 8 << 20,
    tables: 4 << 20,
    pixels: 1 << 20,
};

/// Runs a test on the one device of this process; loudly does not where there is none.
fn with_rig(test: impl FnOnce(&Rig)) {
    static RIG: OnceLock<Option<Mutex<Rig>>> = OnceLock::new();
    match RIG.get_or_init(|| {
        let rig = match Rig::open(None) {
            Ok(rig) => rig,
            Err(Failure::NoCard(_)) => return None,
            Err(failure) => panic!("{failure}"),
        };
        println!("{} ({}, {})", rig.adapter.name, rig.adapter.kind, rig.adapter.api);
        Some(Mutex::new(rig))
    }) {
        Some(rig) => test(&rig.lock().unwrap_or_else(PoisonError::into_inner)),
        None if std::env::var_os("REQUIRE_GPU_ADAPTER").is_none_or(|value| value != "1") => {
            eprintln!("SKIPPED: this machine has no graphics adapter, nothing was compared (REQUIRE_GPU_ADAPTER=1 makes that a failure)");
        }
        None => panic!("this machine has no graphics adapter"),
    }
}

fn picture(layout: Layout, size: (u32, u32), to: (u32, u32), filter: Filter, linear: bool) -> Picture {
    let size_of = |(width, height)| Size { width, height };
    Picture {
        layout,
        size: size_of(size),
        to: size_of(to),
        how: Resample { filter, linear },
    }
}

fn over(colour: [u8; 3], linear: bool) -> Layout {
    Layout::Rgba(Matte { colour, linear })
}

/// From, to.
type Sizes = ((u32, u32), (u32, u32));

/// Less and more, odd, of one pixel, one side alone, extreme. A batch is as wide and as high for the card as its widest and its
/// highest picture, so shapes that are alike go together.
const SIZES: [&[Sizes]; 3] = [
    &[
        ((100, 80), (50, 40)),
        ((101, 67), (33, 22)),
        ((97, 61), (40, 25)),
        ((64, 64), (63, 65)),
        ((40, 30), (40, 30)),
        ((57, 40), (57, 13)),
        ((57, 40), (19, 40)),
        ((1, 1), (1, 1)),
        ((1, 1), (7, 5)),
        ((3, 1), (1, 1)),
        ((2, 2), (33, 9)),
        ((31, 33), (1, 1)),
        ((33, 31), (32, 1)),
        ((34, 129), (65, 4)),
        ((35, 5), (31, 5)),
        ((130, 9), (129, 8)),
        ((250, 13), (97, 40)),
    ],
    &[((3000, 1), (7, 1)), ((3000, 2), (7, 3)), ((77, 1), (10, 1)), ((5, 5), (300, 7))],
    &[((1, 3000), (1, 7)), ((1, 77), (1, 10)), ((5, 5), (7, 300))],
];

#[test]
fn every_layout_filter_and_size_is_the_same_sample_for_sample() {
    with_rig(|rig| {
        let begun = Instant::now();
        let mut rows = BTreeMap::new();
        for (at, (name, layout)) in layouts().into_iter().enumerate() {
            for filter in FILTERS {
                for linear in [false, true] {
                    let mut sum = (0, 0);
                    for sizes in SIZES {
                        let pictures: Vec<Picture> = sizes.iter().map(|&(size, to)| picture(layout, size, to, filter, linear)).collect();
                        for (picture, (samples, differing)) in pictures.iter().zip(rig.compare(&pictures, at as u64 * 1000).unwrap()) {
                            assert_eq!(differing, 0, "{picture:?}");
                            sum = (sum.0 + samples, sum.1 + differing);
                        }
                    }
                    rows.insert((at, name, format!("{filter:?}"), linear), sum);
                }
            }
        }
        println!("| rows | filter | in light | samples compared | differing |\n|---|---|---|---|---|");
        for ((_, name, filter, linear), (samples, differing)) in &rows {
            let linear = if *linear { "yes" } else { "no" };
            println!("| {name} | {filter} | {linear} | {samples} | {differing} |");
        }
        let all: u64 = rows.values().map(|(samples, _)| samples).sum();
        println!("{all} samples in {:.1} s", begun.elapsed().as_secs_f64());
    });
}

#[test]
fn every_opacity_of_every_colour_is_flattened_the_same() {
    with_rig(|rig| {
        // At its own size, so that nothing but the mixing is seen: every opacity of every level over some mattes.
        let pixels: Vec<u8> = (0..=255_u8)
            .flat_map(|alpha| (0..=255_u8).flat_map(move |v| [v, v.wrapping_add(85), v.wrapping_mul(7), alpha]))
            .collect();
        for wide in [false, true] {
            for linear in [false, true] {
                for colour in [[0; 3], [255; 3], [114, 3, 250]] {
                    let picture = picture(over(colour, linear), (256, 256), (256, 256), Filter::Lanczos3, wide);
                    let mut batch = Batch::new(rig.room, &Tables::default());
                    assert!(batch.push(&picture));
                    let found = rig.run(&rig.kernels, &batch, &[padded(&pixels, &picture)]).unwrap();
                    assert!(
                        found[0] == expected(&pixels, &picture).unwrap(),
                        "over {colour:?}, {linear}, {wide}"
                    );
                }
            }
        }
    });
}

#[test]
fn random_pictures_in_random_company_are_the_same() {
    with_rig(|rig| {
        let begun = Instant::now();
        let (mut samples, mut batches) = (0, 0);
        for round in 0..12 {
            let mut random = Noise::new(round);
            let mut below = |n: u32| random.next() % n;
            // Sides between 1 and about 150, small ones as often as large ones.
            let layouts = layouts();
            let pictures: Vec<Picture> = (0..1 + below(24))
                .map(|_| {
                    let mut side = || {
                        let most = 1 + (1 << below(8));
                        1 + below(most)
                    };
                    let sides = [side(), side(), side(), side()];
                    let layout = layouts[below(7) as usize].1;
                    let filter = FILTERS[below(4) as usize];
                    let wide = round % 2 == 1;
                    // One batch is of one kind.
                    let (filter, linear) = match (wide, filter) {
                        (false, Filter::Area) => (Filter::Lanczos3, false),
                        (false, filter) => (filter, false),
                        (true, Filter::Area) => (Filter::Area, below(2) == 0),
                        (true, filter) => (filter, true),
                    };
                    picture(layout, (sides[0], sides[1]), (sides[2], sides[3]), filter, linear)
                })
                .collect();
            let compared = rig.compare(&pictures, round * 100).unwrap();
            for (picture, (count, differing)) in pictures.iter().zip(compared) {
                assert_eq!(differing, 0, "round {round}, {picture:?} among {}", pictures.len());
                samples += count;
            }
            batches += 1;
        }
        println!("{samples} samples in {batches} batches, {:.1} s", begun.elapsed().as_secs_f64());
    });
}

#[test]
fn a_real_size_in_full_batches_is_the_same() {
    with_rig(|rig| {
        // More rows and columns than a workgroup has by far, and the target of most runs.
        let pictures = [
            picture(Layout::Rgb, (500, 333), (128, 85), Filter::Lanczos3, false),
            picture(over([255; 3], false), (401, 300), (130, 97), Filter::Lanczos3, false),
            picture(Layout::Grey, (300, 401), (97, 130), Filter::Mitchell, false),
        ];
        assert!(rig.compare(&pictures, 7).unwrap().iter().all(|(_, differing)| *differing == 0));
    });
}

#[test]
fn the_check_passes_on_a_card_that_computes_well_and_on_no_other() {
    with_rig(|rig| {
        let checked = |kernels: &Kernels| {
            let mut right = true;
            let pictures = pictures().unwrap();
            for wide in [false, true] {
                let mut batch = Batch::new(rig.room, &Tables::default());
                let some: Vec<_> = pictures.iter().filter(|(_, picture, _)| picture.how.is_wide() == wide).collect();
                assert!(some.iter().all(|(_, picture, _)| batch.push(picture)));
                let rows: Vec<Vec<u8>> = some.iter().map(|(rows, ..)| rows.clone()).collect();
                let found = rig.run(kernels, &batch, &rows).unwrap();
                right &= found.iter().zip(&some).all(|(found, (_, _, expected))| found == expected);
            }
            right
        };
        assert!(checked(&rig.kernels));
        // A mistake each, of those that hardware, drivers and compilers make, and people.
        for (of, mistaken) in [
            ("1 << (p.down_bits - 1u)", "0"),
            ("1 << (p.across_bits - 1u)", "0"),
            ("sums >> vec4<u32>(bits)", "vec4<i32>(vec4<u32>(sums) >> vec4<u32>(bits))"),
            ("clamp(sums >> vec4<u32>(bits), vec4<i32>(0)", "min(sums >> vec4<u32>(bits)"),
            ("bitcast<i32>(word << 16u) >> 16u", "bitcast<i32>(word & 65535u)"),
            ("bitcast<i32>(word) >> 16u", "bitcast<i32>(word >> 16u)"),
            ("vec3<u32>(128u)", "vec3<u32>(127u)"),
            ("+ 127u) / 255u", ") / 255u"),
            ("(sample + 128u) / 257u", "sample / 257u"),
            ("samples * 257u", "samples << vec4<u32>(8u)"),
            ("return curves[sample];", "return sample * 257u;"),
            ("let last = p.height - 1u;", "let last = 0u;"),
            ("at % 3u", "(at + 1u) % 3u"),
            ("let half = 1 <<", "let half = 2 <<"),
        ] {
            let programs = [super::kernels::NARROW, super::kernels::WIDE].map(|program| program.replace(of, mistaken));
            assert!(programs != [super::kernels::NARROW, super::kernels::WIDE], "{of} is not there");
            let [narrow, wide] = &programs;
            assert!(
                !checked(&Kernels::of(&rig.device, narrow, wide)),
                "{mistaken} instead of {of} passes"
            );
        }
        let pixels: u64 = pictures().unwrap().iter().map(|(_, picture, _)| picture.size.pixels()).sum();
        assert!(pixels < 10_000, "{pixels}");
    });
}

#[test]
fn a_batch_takes_what_it_has_room_for() {
    let small = picture(Layout::Rgb, (101, 50), (40, 20), Filter::Lanczos3, false);
    let room = |pictures: u64| Room {
        // 304 bytes a padded row, at a multiple of 256 bytes.
        source: (304_u64 * 50).next_multiple_of(256) * (pictures - 1) + 304 * 50,
        middle: 26 * 3 * 4 * 20 * pictures,
        out: 120 * 20 * pictures,
        ..ROOM
    };
    let filled = |room: Room| {
        let mut batch = Batch::new(room, &Tables::default());
        (0..100).take_while(|_| batch.push(&small)).count()
    };
    for pictures in 1..5 {
        let room = room(pictures);
        assert_eq!(filled(room), pictures as usize);
        // A byte less of any of them is one picture less.
        for less in [
            Room {
                source: room.source - 1,
                ..room
            },
            Room {
                middle: room.middle - 1,
                ..room
            },
            Room { out: room.out - 1, ..room },
        ] {
            assert_eq!(filled(less), pictures as usize - 1);
            assert_eq!(Batch::fits(&less, &small), pictures > 1);
        }
        assert!(Batch::fits(&room, &small));
    }
    // Pixels count from the second picture on.
    assert_eq!(filled(Room { pixels: 1, ..ROOM }), 1);
    assert_eq!(filled(Room { pixels: 5050 * 3, ..ROOM }), 3);
    assert_eq!(filled(ROOM), MOST_PICTURES);

    // A refusal leaves all as it was, also where only the tables have no room; the same axes need none.
    let mut batch = Batch::new(ROOM, &Tables::default());
    assert!(batch.push(&small));
    let before = format!("{batch:?}");
    let tables = batch.tables().len() as u64;
    let other = picture(Layout::Rgb, (102, 50), (40, 20), Filter::Lanczos3, false);
    let wide = picture(Layout::Rgb, (101, 50), (40, 20), Filter::Lanczos3, true);
    let area = picture(Layout::Rgb, (101, 50), (40, 20), Filter::Area, false);
    assert!(!batch.push(&wide) && !batch.push(&area));
    assert_eq!(format!("{batch:?}"), before);
    let mut tight = Batch::new(Room { tables, ..ROOM }, &Tables::default());
    assert!(tight.push(&small));
    let before = format!("{tight:?}");
    assert!(!tight.push(&other));
    assert_eq!(format!("{tight:?}"), before);
    assert!(tight.push(&small) && tight.tables().len() as u64 == tables);
    assert_eq!(tight.len(), 2);
    assert_eq!(tight.pixels(), 2 * 5050);
    assert_eq!((tight.source(0), tight.source(1)), (0..15_200, 15_360..30_560));

    // More rows than there are workgroups for.
    let tall = picture(Layout::Grey, (1, 300_000), (1, 300_000), Filter::Lanczos3, false);
    let large = Room {
        source: 1 << 27,
        middle: 1 << 27,
        out: 1 << 27,
        tables: 1 << 27,
        pixels: 1 << 27,
    };
    assert!(!Batch::fits(&large, &tall) && !Batch::new(large, &Tables::default()).push(&tall));
}

#[test]
fn what_fits_is_taken() {
    let mut random = Noise::new(3);
    let (mut fitting, mut not) = (0, 0);
    for _ in 0..400 {
        let mut side = || 1 + random.next() % (1 << (random.next() % 11));
        let sides = [side(), side(), side(), side()];
        let room = Room {
            source: 60_000,
            middle: 60_000,
            out: 30_000,
            tables: 40_000,
            pixels: 1,
        };
        let filter = FILTERS[(random.next() % 4) as usize];
        let picture = picture(Layout::Rgb, (sides[0], sides[1]), (sides[2], sides[3]), filter, false);
        if Batch::fits(&room, &picture) {
            fitting += 1;
            assert!(Batch::new(room, &Tables::default()).push(&picture), "{picture:?}");
        } else {
            not += 1;
        }
    }
    assert!(fitting > 50 && not > 50, "{fitting} and {not}");
}
