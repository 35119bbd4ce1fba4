//! The card's thread on whatever adapter there is, software in most cases: what comes out, and what happens when any step
//! fails. Without an adapter these tests say so and pass, unless REQUIRE_GPU_ADAPTER=1.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::failure::{Failure, Faults, Step};
use super::{Gpu, Wish, adapters};
use crate::engine::pixels::{Channels, Layout, Pixels, Size};
use crate::engine::resize::card::{Card, CardError};
use crate::engine::resize::{Backend, Both, Cpu, Resample, Scratch, Want};
use crate::engine::settings::{BackendChoice, Format};

/// Whether there is an adapter to test with.
fn there_is_one() -> bool {
    let found = !adapters().is_empty();
    if !found {
        assert!(
            std::env::var_os("REQUIRE_GPU_ADAPTER").is_none_or(|value| value != "1"),
            "REQUIRE_GPU_ADAPTER=1, and there is no graphics adapter"
        );
        eprintln!("SKIPPED: this machine has no graphics adapter, not even a software one (REQUIRE_GPU_ADAPTER=1 makes that a failure)");
    }
    found
}

/// For whole runs: a card that is lost at its so-manieth submission; `None` where there is none to test with.
pub(crate) fn lost_after(submissions: usize) -> Option<Both> {
    there_is_one().then(|| {
        let tests = super::check::pictures().expect("pictures").len();
        let left = AtomicUsize::new(tests + submissions);
        let faults = Faults::new(move |step| {
            let is_due = step == Step::Submit && left.fetch_sub(1, Ordering::Relaxed) == 1;
            is_due.then(|| Failure::Lost("its driver was started anew".into()))
        });
        Both::with(BackendChoice::Gpu, Some(Box::new(opened(faults))))
    })
}

fn opened(faults: Faults) -> Gpu {
    opened_with(8 << 20, faults)
}

fn opened_with(ring: u64, faults: Faults) -> Gpu {
    let gpu = Gpu::open(Wish {
        asked_for: true,
        ring,
        faults,
        ..Wish::default()
    });
    until("the card is open or given up", || gpu.is_open() || gpu.figures().gone.is_some());
    println!("{:?}", gpu.figures());
    gpu
}

/// Waits for what another thread does; ends the test where that takes absurdly long.
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(100), "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn picture(n: u32) -> Pixels {
    let size = Size {
        width: 61 + 7 * n,
        height: 40 + 3 * n,
    };
    let channels = if n % 3 == 2 { Channels::Grey } else { Channels::Rgb };
    let count = size.pixels() as u32 * channels.count() as u32;
    let noise = |i: u32| ((i ^ n << 20).wrapping_mul(2_654_435_761) >> 23) as u8;
    Pixels {
        size,
        channels,
        data: (0..count).map(noise).collect(),
    }
}

const TO: Size = Size { width: 23, height: 31 };

fn want(picture: &Pixels) -> Want {
    Want {
        format: Format::Png,
        size: picture.size,
        bytes_a_pixel: picture.channels.count() as u8,
        to: TO,
        how: Resample::default(),
    }
}

/// What became of a picture.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
enum Became {
    /// It came back, the same as the processor's.
    Same,
    /// No slot was there for it.
    NoSlot,
    /// It did not come back.
    Lost,
}

/// Gives a picture to the card and waits for it. Whatever comes back must be right.
fn resize(gpu: &Gpu, n: u32) -> Became {
    let picture = picture(n);
    let Some(mut slot) = gpu.slot(&want(&picture), Duration::from_secs(60)) else {
        return Became::NoSlot;
    };
    let layout = match picture.channels {
        Channels::Grey => Layout::Grey,
        Channels::Rgb => Layout::Rgb,
    };
    assert!(slot.begin(picture.size, layout));
    // In pieces, as decoders do.
    for rows in picture.data.chunks(5 * picture.size.width as usize * picture.channels.count()) {
        slot.push(rows);
    }
    match slot.submit(TO, Resample::default()).take() {
        Ok(found) => {
            let expected = Cpu.resize(&picture, TO, Resample::default(), &mut Scratch::default());
            assert_eq!(Ok(found), expected, "picture {n}");
            Became::Same
        }
        Err(_) => Became::Lost,
    }
}

/// Several workers at once; what became of the pictures, in no order.
fn resize_all(gpu: &Gpu, count: u32) -> Vec<Became> {
    let next = AtomicU32::new(0);
    let all = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n >= count {
                        break;
                    }
                    let became = resize(gpu, n % 20);
                    all.lock().unwrap().push(became);
                }
            });
        }
    });
    all.into_inner().unwrap()
}

#[test]
fn pictures_of_many_workers_come_back_as_the_processor_makes_them() {
    if !there_is_one() {
        return;
    }
    let gpu = opened(Faults::default());
    assert_eq!(resize_all(&gpu, 120), vec![Became::Same; 120]);
    // They are counted just after the last one is answered.
    until("all are counted", || gpu.figures().images == 120);
    let figures = gpu.figures();
    assert!(figures.batches <= 120 && figures.gone.is_none() && figures.opened_after.is_some());
    let pixels: u64 = (0..120).map(|n| picture(n % 20).size.pixels()).sum();
    assert_eq!(figures.pixels, pixels);
}

#[test]
fn a_full_ring_has_no_slot_and_one_that_was_not_used_comes_back() {
    if !there_is_one() {
        return;
    }
    let gpu = opened_with(8 << 20, Faults::default());
    let want = want(&picture(3));
    let first = gpu.slot(&want, Duration::from_secs(10)).expect("free");
    let second = gpu.slot(&want, Duration::from_secs(10)).expect("free");
    assert!(gpu.slot(&want, Duration::ZERO).is_none(), "the ring has two");
    // A decoder failed half-way.
    drop(first);
    let again = gpu.slot(&want, Duration::ZERO).expect("it came back");
    drop((again, second));
    // Too large for any slot, for the bindings, or for the results.
    for (width, height, to) in [
        (3_000, 2_000, TO),
        (100_000, 60_000, TO),
        (
            900,
            900,
            Size {
                width: 9_000,
                height: 9_000,
            },
        ),
    ] {
        let size = Size { width, height };
        let large = Want { size, to, ..want };
        assert!(gpu.slot(&large, Duration::from_millis(20)).is_none(), "{width} x {height}");
    }
    // What the header told is not what came: it does not fit, and says so.
    let picture = picture(3);
    let mut slot = gpu.slot(&want, Duration::from_secs(10)).expect("free");
    assert!(!slot.begin(
        Size {
            width: 4_000,
            height: 4_000
        },
        Layout::Rgb
    ));
    assert!(slot.begin(picture.size, Layout::Rgb));
    slot.push(&picture.data[..picture.data.len() / 2]);
    assert_eq!(slot.submit(TO, Resample::default()).take(), Err(CardError::TooLarge));
    assert_eq!(resize(&gpu, 5), Became::Same);
}

/// Fails when told to, once.
struct Trap {
    armed: AtomicBool,
    sprung: AtomicU32,
}

fn trap(step: Step, failure: Failure) -> (Arc<Trap>, Faults) {
    let trap = Arc::new(Trap {
        armed: AtomicBool::new(false),
        sprung: AtomicU32::new(0),
    });
    let inside = Arc::clone(&trap);
    let faults = Faults::new(move |now| {
        (now == step && inside.armed.swap(false, Ordering::Relaxed)).then(|| {
            inside.sprung.fetch_add(1, Ordering::Relaxed);
            failure.clone()
        })
    });
    (trap, faults)
}

fn failures() -> [Failure; 5] {
    [
        Failure::Lost("its driver was started anew".into()),
        Failure::OutOfMemory,
        Failure::TimedOut(Duration::from_secs(4)),
        Failure::Invalid("a rule was broken".into()),
        Failure::Panicked("a mistake".into()),
    ]
}

#[test]
fn after_the_first_failure_it_is_opened_again_and_after_the_second_given_up() {
    if !there_is_one() {
        return;
    }
    for step in [Step::Map, Step::Submit, Step::Wait, Step::Read] {
        for failure in failures() {
            let (trap, faults) = trap(step, failure.clone());
            let gpu = opened(faults);
            let case = format!("{step:?}: {failure:?}");
            assert!(resize_all(&gpu, 8).iter().all(|&became| became == Became::Same), "{case}");
            let _ = gpu.remarks();

            trap.armed.store(true, Ordering::Relaxed);
            let during = resize_all(&gpu, 24);
            assert_eq!(trap.sprung.load(Ordering::Relaxed), 1, "{case}");
            assert!(during.contains(&Became::Same), "{case}: it goes on: {during:?}");
            assert!(
                !during.contains(&Became::NoSlot),
                "{case}: whoever asked for the card waits for it: {during:?}"
            );
            until("it is open again", || gpu.is_open());
            let remarks = gpu.remarks();
            assert!(
                remarks.len() == 1 && remarks[0].contains("stopped working") && remarks[0].contains("opened again"),
                "{case}: {remarks:?}"
            );

            trap.armed.store(true, Ordering::Relaxed);
            let during = resize_all(&gpu, 24);
            assert_eq!(trap.sprung.load(Ordering::Relaxed), 2, "{case}");
            assert!(during.contains(&Became::NoSlot), "{case}: {during:?}");
            until("it is given up", || gpu.figures().gone.is_some());
            let remarks = gpu.remarks();
            assert!(remarks.len() == 1 && remarks[0].contains("tried once more"), "{case}: {remarks:?}");
            assert!(!gpu.is_open() && resize(&gpu, 1) == Became::NoSlot, "{case}");
        }
    }
}

#[test]
fn a_card_that_cannot_be_opened_is_a_remark() {
    if !there_is_one() {
        return;
    }
    for step in [Step::Open, Step::Allocate] {
        for failure in failures() {
            let (trap, faults) = trap(step, failure.clone());
            trap.armed.store(true, Ordering::Relaxed);
            let gpu = opened(faults);
            assert_eq!(resize(&gpu, 1), Became::NoSlot, "{step:?}: {failure:?}");
            let remarks = gpu.remarks();
            assert!(
                remarks.len() == 1 && remarks[0].starts_with("No graphics card is used: "),
                "{remarks:?}"
            );
        }
    }
}

#[test]
fn a_device_that_is_really_lost_is_replaced() {
    if !there_is_one() {
        return;
    }
    let faults = Faults::default();
    let destroy = Arc::clone(&faults.destroy);
    let gpu = opened(faults);
    assert_eq!(resize(&gpu, 4), Became::Same);
    let _ = gpu.remarks();
    destroy.store(true, Ordering::Relaxed);
    until("the loss is noticed", || !gpu.remarks().is_empty());
    assert_eq!(resize(&gpu, 4), Became::Same);
    assert!(gpu.figures().gone.is_none());
}

#[test]
fn a_driver_that_does_not_come_back_is_waited_for_no_longer_than_agreed() {
    if !there_is_one() {
        return;
    }
    let hangs = Arc::new(AtomicBool::new(false));
    let inside = Arc::clone(&hangs);
    let mut faults = Faults::new(move |step| {
        if step == Step::Wait && inside.swap(false, Ordering::Relaxed) {
            std::thread::sleep(Duration::from_secs(4));
        }
        None
    });
    faults.patience = Some(Duration::from_millis(900));
    let gpu = opened(faults);
    assert_eq!(resize(&gpu, 4), Became::Same);
    hangs.store(true, Ordering::Relaxed);
    until("it hangs", || !hangs.load(Ordering::Relaxed));
    let picture = picture(6);
    let mut slot = gpu.slot(&want(&picture), Duration::from_secs(10)).expect("free");
    assert!(slot.begin(picture.size, Layout::Rgb));
    slot.push(&picture.data);
    let answer = slot.submit(TO, Resample::default()).take();
    assert!(matches!(answer, Err(CardError::TimedOut(_))), "{answer:?}");
    // Nobody is sent there while it hangs.
    assert!(gpu.slot(&want(&picture), Duration::ZERO).is_none());
    until("it is open again", || gpu.is_open() && resize(&gpu, 4) == Became::Same);
}

#[test]
fn a_card_that_is_accused_of_wrong_samples_is_given_up_at_once() {
    if !there_is_one() {
        return;
    }
    let gpu = opened(Faults::default());
    assert_eq!(resize(&gpu, 4), Became::Same);
    let _ = gpu.remarks();
    gpu.accuse();
    assert_eq!(resize(&gpu, 4), Became::NoSlot);
    until("it is given up", || gpu.figures().gone.is_some());
    let remarks = gpu.remarks();
    assert!(
        remarks.len() == 1 && remarks[0].contains("other samples than the processor"),
        "{remarks:?}"
    );
}

#[test]
fn no_card_of_that_name_is_told_and_no_card_at_all_only_to_who_asked() {
    let gpu = Gpu::open(Wish {
        name: Some("no such card".into()),
        ring: 8 << 20,
        ..Wish::default()
    });
    until("it is given up", || gpu.figures().gone.is_some());
    let remarks = gpu.remarks();
    assert!(
        remarks.iter().all(|remark| remark.starts_with("No graphics card is used: ")),
        "{remarks:?}"
    );
    let want = want(&picture(1));
    assert!(gpu.slot(&want, Duration::from_secs(1)).is_none());
}

#[test]
fn after_a_crash_while_opening_it_is_left_alone_until_somebody_asks() {
    let data = tempfile::tempdir().expect("a folder");
    std::fs::write(super::sentinel::path(data.path()), "A graphics card is being opened.\n").expect("written");
    let wish = |asked_for| Wish {
        asked_for,
        ring: 8 << 20,
        marks: Some(data.path().to_owned()),
        ..Wish::default()
    };
    let gpu = Gpu::open(wish(false));
    until("it is given up", || gpu.figures().gone.is_some());
    let remarks = gpu.remarks();
    assert!(
        remarks.len() == 1 && remarks[0].contains("the program ended while it was opened"),
        "{remarks:?}"
    );
    drop(gpu);
    if !there_is_one() {
        return;
    }
    let gpu = Gpu::open(wish(true));
    until("it is open", || gpu.is_open() || gpu.figures().gone.is_some());
    assert!(gpu.is_open(), "{:?}", gpu.figures().gone);
    assert!(!super::sentinel::path(data.path()).exists(), "it came through");
}
