//! Whole runs played through: images of random sizes and costs, several workers, late reports. What a run costs is compared
//! with the same images all done by the processor.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::*;
use crate::engine::metrics::SizeClass;
use crate::engine::settings::Format;

const CLASS: ImageClass = ImageClass {
    format: Format::Jpeg,
    size: SizeClass::Large,
};

/// SplitMix64 (Steele, Lea, Flood 2014).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From `low` to `high`.
    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn happens(&mut self, chance: f64) -> bool {
        self.between(0.0, 1.0) < chance
    }
}

/// A run. `ratio` is the truth: the processor's cost by the card's for the image of that number.
struct Run<'a> {
    images: u32,
    workers: usize,
    ratio: &'a dyn Fn(u32) -> f64,
    /// Images cost up to this part more or less than their pixels say, whoever resizes them.
    content: f64,
    /// And this, each time anew.
    noise: f64,
    /// This part of images costs ten times as much.
    monsters: f64,
    /// This part never reports.
    lost: f64,
}

impl Default for Run<'_> {
    fn default() -> Self {
        Self {
            images: 5000,
            workers: 8,
            ratio: &|_| 1.0,
            content: 0.3,
            noise: 0.1,
            monsters: 0.01,
            lost: 0.0,
        }
    }
}

/// What a run came to.
struct Outcome {
    /// Its cost by that of the processor alone.
    cost: f64,
    /// What the card would have made of it.
    all_card: f64,
    on: bool,
    by_card: f64,
    /// How often ordinary images changed sides.
    turns: u32,
    auto: Auto,
}

impl Run<'_> {
    /// Workers take one image after the other; each reports when it has spent its time.
    fn play(&self, seed: u64) -> Outcome {
        let mut dice = Dice(seed);
        let mut auto = Auto::new();
        let mut spent = [0.0; 3];
        let mut turns = 0;
        let mut was_on = false;
        // Time at which each is done, in nanoseconds, and what it then reports.
        let mut at_work = BinaryHeap::new();
        let mut clock = 0_u64;
        for number in 0..self.images {
            if at_work.len() == self.workers {
                clock = self.report(&mut auto, at_work.pop());
            }
            let trial = auto.turn(CLASS);
            let pixels = dice.between(2e6, 8e6);
            let monster = if dice.happens(self.monsters) { 10.0 } else { 1.0 };
            let content = pixels * 8.0 * dice.between(1.0 - self.content, 1.0 + self.content) * monster;
            let busy = |card: bool, dice: &mut Dice| {
                let ratio = if card { (self.ratio)(number) } else { 1.0 };
                content / ratio * dice.between(1.0 - self.noise, 1.0 + self.noise)
            };
            let both = [busy(false, &mut dice), busy(true, &mut dice)];
            let took = both[usize::from(trial.card)];
            for (sum, cost) in spent.iter_mut().zip([both[0], both[1], took]) {
                *sum += cost;
            }
            let reports = !dice.happens(self.lost);
            // A card's image comes back late.
            let wait = if trial.card { dice.between(0.0, 3e8) } else { 0.0 };
            at_work.push(Reverse((
                clock + (took + wait) as u64,
                number,
                trial.window,
                trial.card,
                pixels as u64,
                took as u64,
                reports,
            )));
            let on = auto.classes.get(&CLASS).is_some_and(|class| class.on);
            turns += u32::from(on != was_on);
            was_on = on;
        }
        while let Some(done) = at_work.pop() {
            self.report(&mut auto, Some(done));
        }
        let record = auto.classes().pop();
        Outcome {
            cost: spent[2] / spent[0],
            all_card: spent[1] / spent[0],
            on: record.as_ref().is_some_and(|class| class.on_card),
            by_card: record.map_or(0.0, |class| class.by_card as f64 / f64::from(self.images)),
            turns,
            auto,
        }
    }

    #[expect(clippy::type_complexity, reason = "one heap's entry, ordered by its time")]
    fn report(&self, auto: &mut Auto, done: Option<Reverse<(u64, u32, u32, bool, u64, u64, bool)>>) -> u64 {
        let Some(Reverse((at, _, window, card, pixels, took, reports))) = done else {
            return 0;
        };
        if reports {
            auto.done(CLASS, Trial { window, card }, pixels, Duration::from_nanos(took), card);
        }
        at
    }

    fn many(&self, seeds: u64) -> Summary {
        let outcomes: Vec<Outcome> = (0..seeds).map(|seed| self.play(seed * 7919 + 1)).collect();
        let mean = |of: &dyn Fn(&Outcome) -> f64| outcomes.iter().map(of).sum::<f64>() / seeds as f64;
        let costs = ascending(outcomes.iter().map(|outcome| outcome.cost));
        Summary {
            mean: mean(&|outcome| outcome.cost),
            bad: costs[costs.len() - 1 - costs.len() / 20],
            worst: costs[costs.len() - 1],
            all_card: mean(&|outcome| outcome.all_card),
            on: mean(&|outcome| f64::from(u8::from(outcome.on))),
            by_card: mean(&|outcome| outcome.by_card),
            turns: mean(&|outcome| f64::from(outcome.turns)),
        }
    }
}

/// Over many seeds; costs by the processor's alone.
#[derive(Debug)]
struct Summary {
    mean: f64,
    /// One in twenty was at least as bad.
    bad: f64,
    worst: f64,
    all_card: f64,
    on: f64,
    by_card: f64,
    turns: f64,
}

const SEEDS: u64 = 20;

fn steady(ratio: f64) -> Summary {
    Run {
        ratio: &|_| ratio,
        ..Run::default()
    }
    .many(SEEDS)
}

/// What each ratio costs or saves over a run: the table in docs/gpu.md, and runs that no test above is about.
#[test]
#[ignore = "a table for people, a minute unoptimised: cargo test --lib resize::auto -- --ignored --nocapture"]
fn table() {
    println!("| the card's true ratio | images | all on the card | Auto, mean | 1 run in 20 | by the card | ends on it |");
    println!("|---:|---:|---:|---:|---:|---:|---:|");
    for images in [500, 5000, 50_000] {
        for ratio in [0.25, 0.5, 0.7, 0.8, 0.9, 0.95, 1.0, 1.03, 1.07, 1.1, 1.15, 1.2, 1.3, 1.5, 2.0] {
            let seeds = if images > 10_000 { 40 } else { 200 };
            let summary = Run {
                images,
                ratio: &|_| ratio,
                ..Run::default()
            }
            .many(seeds);
            let percent = |cost: f64| format!("{:+.1} %", (cost - 1.0) * 100.0);
            println!(
                "| {ratio:.2} | {images} | {} | {} | {} | {:.0} % | {:.0} % |",
                percent(summary.all_card),
                percent(summary.mean),
                percent(summary.bad),
                summary.by_card * 100.0,
                summary.on * 100.0
            );
        }
    }
    let ratio = |ratio: f64| move |_: u32| ratio;
    let (half, good, more, good_at_first) = (
        ratio(0.5),
        ratio(1.3),
        ratio(1.1),
        |number: u32| if number < 2500 { 1.3 } else { 0.5 },
    );
    let hiccups = |number: u32| if number % 700 < 60 { 0.25 } else { 1.3 };
    let better = |number: u32| if number < 2500 { 0.8 } else { 1.5 };
    let cases: [(&str, &dyn Fn(u32) -> f64); 6] = [
        ("half as fast", &half),
        ("1.3", &good),
        ("1.1", &more),
        ("1.3, from the middle 0.5", &good_at_first),
        ("1.3, a quarter as fast for 60 of 700", &hiccups),
        ("0.8, from the middle 1.5", &better),
    ];
    for (name, ratio) in cases {
        for run in [
            Run { ratio, ..Run::default() },
            Run {
                ratio,
                workers: 1,
                ..Run::default()
            },
            Run {
                ratio,
                workers: 64,
                ..Run::default()
            },
            Run {
                ratio,
                content: 0.7,
                noise: 0.3,
                monsters: 0.03,
                ..Run::default()
            },
            Run {
                ratio,
                lost: 0.05,
                ..Run::default()
            },
        ] {
            println!(
                "{name}: {} workers, noise {}, lost {}: {:.3?}",
                run.workers,
                run.noise,
                run.lost,
                run.many(60)
            );
        }
    }
}

#[test]
fn a_card_that_loses_is_put_down_and_costs_little() {
    for ratio in [0.25, 0.5, 0.7, 0.8, 0.9] {
        let summary = steady(ratio);
        assert!(summary.all_card > 1.1, "{summary:?}");
        assert!(summary.mean < 1.015 && summary.bad < 1.025, "{ratio}: {summary:?}");
        assert!(summary.on <= 0.05 && summary.by_card < 0.1, "{ratio}: {summary:?}");
    }
}

#[test]
fn a_card_that_wins_is_used() {
    for (ratio, part) in [(1.15, 0.85), (1.3, 0.9), (2.0, 0.93)] {
        let summary = steady(ratio);
        let gained = (1.0 - summary.mean) / (1.0 - summary.all_card);
        assert!(gained > part && summary.on > 0.85, "{ratio}: {gained} of {summary:?}");
    }
}

#[test]
fn where_it_hardly_matters_nothing_is_lost() {
    for ratio in [0.97, 1.0, 1.03, 1.07] {
        let summary = steady(ratio);
        assert!(summary.mean < 1.005 && summary.bad < 1.01, "{ratio}: {summary:?}");
    }
}

#[test]
fn a_card_that_becomes_slow_is_put_down() {
    let ratio = |number: u32| if number < 2500 { 1.3 } else { 0.5 };
    let summary = Run {
        ratio: &ratio,
        ..Run::default()
    }
    .many(SEEDS);
    // The first half gains 23 %, which is half of that of the whole.
    assert!(summary.on == 0.0 && summary.mean < 0.93 && summary.worst < 1.0, "{summary:?}");
}

#[test]
fn a_card_that_becomes_fast_is_found_again() {
    let ratio = |number: u32| if number < 2500 { 0.8 } else { 1.5 };
    let summary = Run {
        images: 10_000,
        ratio: &ratio,
        ..Run::default()
    }
    .many(SEEDS);
    assert!(summary.on > 0.9 && summary.mean < 0.85, "{summary:?}");
}

#[test]
fn hiccups_turn_nothing() {
    // A fiftieth of the time it is four times slower than the processor.
    let ratio = |number: u32| if number % 1000 < 20 { 0.25 } else { 1.4 };
    let summary = Run {
        ratio: &ratio,
        ..Run::default()
    }
    .many(SEEDS);
    assert!(summary.on > 0.9 && summary.turns < 3.0 && summary.mean < 0.85, "{summary:?}");
}

#[test]
fn lost_reports_and_many_workers_delay_but_do_not_stop() {
    for run in [
        Run {
            ratio: &|_| 1.3,
            lost: 0.05,
            ..Run::default()
        },
        Run {
            ratio: &|_| 1.3,
            lost: 0.3,
            ..Run::default()
        },
        Run {
            ratio: &|_| 1.3,
            workers: 64,
            ..Run::default()
        },
        Run {
            ratio: &|_| 1.3,
            workers: 1,
            ..Run::default()
        },
    ] {
        let summary = run.many(SEEDS);
        assert!(
            summary.on > 0.9 && summary.mean < 0.85,
            "{} lost, {} workers: {summary:?}",
            run.lost,
            run.workers
        );
    }
    let silent = Run {
        lost: 1.0,
        images: 2000,
        ..Run::default()
    }
    .play(1);
    assert!(!silent.on && silent.by_card == 0.0 && silent.cost < 1.05);
    assert_eq!(silent.auto.classes[&CLASS].open.len(), 1, "memory stays bounded");
}

#[test]
fn too_few_images_decide_nothing() {
    assert_eq!(Auto::new().classes(), []);
    assert_eq!(
        Auto::new().verdict(),
        "There were too few images to measure whether the graphics card helps."
    );
    for images in [1, 15, 40, 90] {
        let outcome = Run {
            images,
            ratio: &|_| 1.5,
            ..Run::default()
        }
        .play(3);
        assert!(!outcome.on, "{images}");
        assert_eq!(
            outcome.auto.verdict(),
            "There were too few images to measure whether the graphics card helps."
        );
        assert_eq!(outcome.auto.classes()[0].class, CLASS);
    }
}

#[test]
fn a_clock_that_stands_still_decides_nothing() {
    let mut auto = Auto::new();
    for _ in 0..5000 {
        let trial = auto.turn(CLASS);
        auto.done(CLASS, trial, 3_000_000, Duration::ZERO, trial.card);
    }
    let record = &auto.classes()[0];
    assert_eq!((record.cpu_ns, record.on_card, record.measured), (None, false, 0));
}

/// Images that cost so many nanoseconds a pixel, one worker.
fn feed(auto: &mut Auto, class: ImageClass, cpu: u64, card: u64) {
    for _ in 0..400 {
        let trial = auto.turn(class);
        let took = if trial.card { card } else { cpu };
        auto.done(class, trial, 1_000_000, Duration::from_millis(took), trial.card);
    }
}

#[test]
fn classes_are_judged_apart_and_the_verdict_names_them() {
    let mut auto = Auto::new();
    let png = ImageClass {
        format: Format::Png,
        size: SizeClass::Small,
    };
    let rare = ImageClass {
        format: Format::Webp,
        size: SizeClass::Huge,
    };
    feed(&mut auto, CLASS, 10, 8);
    feed(&mut auto, png, 10, 11);
    let first = auto.turn(rare);
    assert!(!first.card, "the processor begins");
    let records = auto.classes();
    assert_eq!(records.len(), 3);
    let found: Vec<_> = records
        .iter()
        .map(|record| (record.class, record.cpu_ns, record.card_ns, record.on_card))
        .collect();
    assert_eq!(
        found,
        [
            (png, Some(10.0), Some(11.0), false),
            (CLASS, Some(10.0), Some(8.0), true),
            (rare, None, None, false)
        ]
    );
    assert!(records[1].by_card > 300 && records[0].by_card < 60);
    assert_eq!(
        auto.verdict(),
        "The graphics card was worth using for JPEG of 2 to 8 Mpx (20 % less processor time with the card). The processor kept PNG \
         below 0.5 Mpx (10 % more processor time with the card); to be used, the card has to be faster by 7 % time and again. One \
         other kind of image was too rare to measure."
    );
}

#[test]
fn a_card_without_room_is_told_from_a_slow_one() {
    let mut auto = Auto::new();
    for number in 0..400 {
        let trial = auto.turn(CLASS);
        auto.done(CLASS, trial, 1_000_000, Duration::from_micros(9_900 + number % 5), false);
    }
    assert_eq!(auto.verdict(), "The card never had room for JPEG of 2 to 8 Mpx.");
}

#[test]
fn a_far_too_slow_card_gets_part_of_one_window() {
    let mut auto = Auto::new();
    feed(&mut auto, CLASS, 10, 500);
    assert_eq!(auto.classes()[0].by_card, u64::from(CUT_AFTER), "fifty times slower");
}

#[test]
fn failed_images_are_not_waited_for() {
    let mut auto = Auto::new();
    let mut given = 0;
    while given < 2 * WINDOW {
        let trial = auto.turn(CLASS);
        if trial.window == NO_PAIR {
            break;
        }
        given += 1;
        let pixels = if given % 4 == 0 { 0 } else { 1_000_000 };
        auto.done(
            CLASS,
            trial,
            pixels,
            Duration::from_millis(if trial.card { 8 } else { 10 }),
            trial.card,
        );
    }
    let record = &auto.classes()[0];
    assert_eq!((record.measured, record.cpu_ns, record.card_ns), (24, Some(10.0), Some(8.0)));
}

#[test]
fn what_is_remembered_stays_small() {
    let outcome = Run {
        images: 50_000,
        lost: 0.02,
        ..Run::default()
    }
    .play(5);
    let class = &outcome.auto.classes[&CLASS];
    assert!(class.open.len() <= OPEN && class.costs.len() <= KEPT && class.measuring.len() <= MOST);
}
