//! Records drawn by hand for the tests of this room.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use time::macros::datetime;

use crate::engine::{
    Adapter, AdapterKind, BackendChoice, CardRecord, ClassRecord, Collision, Count, Drive, DriveKind, Estimate, Format, ImageClass,
    ImageRecord, Kind, Machine, Notice, OnDisk, Outcome, PhaseTotals, Phases, Point, Problem, Range, Record, Resolution, Seconds, Settings,
    ShardRecord, ShardState, SidecarRecord, Size, SizeClass, Span, Spread, StepTimes, StopReason, Times, Why, WriteBasis,
};

pub(crate) fn empty(kind: Kind) -> Record {
    Record {
        id: "20260102T030405Z-0001".to_owned(),
        kind,
        started: datetime!(2026-01-02 03:04:05.678 UTC),
        wall: Duration::from_millis(83_250),
        settings: Settings::default(),
        roots: vec![PathBuf::from("library")],
        machine: Machine {
            system: "Linux 6.12".to_owned(),
            processor: "A processor".to_owned(),
            cores: 8,
            memory_bytes: 16 << 30,
            workers: 8,
            memory_budget: 768 << 20,
            backend: "cpu (avx2)".to_owned(),
            version: "0.1.0".to_owned(),
            codecs: vec!["libjpeg-turbo 3.1".to_owned(), "png 0.18".to_owned()],
        },
        shards: Vec::new(),
        estimate: None,
        stopped: None,
        notices: Vec::new(),
        phases: Phases::default(),
        card: None,
    }
}

pub(crate) fn image(name: &str, outcome: Outcome, before: u64, after: u64) -> ImageRecord {
    let shrunk = matches!(outcome, Outcome::Shrunk(_));
    ImageRecord {
        name: OsString::from(name),
        format: Some(Format::Png),
        outcome,
        bytes_before: before,
        bytes_after: after,
        before: Some(Size { width: 1200, height: 800 }),
        after: shrunk.then_some(Size { width: 512, height: 341 }),
        output: shrunk.then(|| OsString::from(name.replace(".png", ".jpg"))),
        steps: if shrunk {
            StepTimes {
                load_us: 1000,
                decode_us: 5000,
                resize_us: 2000,
                encode_us: 2500,
                verify_us: 500,
                write_us: 3000,
            }
        } else {
            StepTimes::default()
        },
        quality: None,
    }
}

pub(crate) fn problem(code: &'static str, path: &str) -> Problem {
    Problem {
        code,
        path: PathBuf::from(path),
        message: "The file ends before its pixels do; it was left as it is.".to_owned(),
        advice: "Get it again from its source.".to_owned(),
    }
}

pub(crate) fn shard(path: &str, state: ShardState, images: Vec<ImageRecord>) -> ShardRecord {
    ShardRecord {
        path: PathBuf::from(path),
        drive: Drive {
            kind: DriveKind::Solid,
            file_system: "ext4".to_owned(),
        },
        state,
        images,
        other_files: 2,
        other_bytes: 500,
        kept_bytes: 0,
        write_mode: String::new(),
        recovered: None,
        collisions: Vec::new(),
        sidecars: SidecarRecord {
            files: 2,
            naming_old: 1,
            orphans: vec![OsString::from("lost.json")],
            ..SidecarRecord::default()
        },
        commit: Duration::ZERO,
        opening: Duration::ZERO,
    }
}

fn around(expected: f64, half: f64) -> Seconds {
    Seconds {
        low: expected - half,
        expected,
        high: expected + half,
    }
}

fn estimate() -> Estimate {
    Estimate {
        sampled: 2,
        images: 2,
        bytes_after: Range {
            low: 380_000,
            expected: 400_000,
            high: 420_000,
        },
        bytes_saved: Range {
            low: 2_580_000,
            expected: 2_600_000,
            high: 2_620_000,
        },
        on_disk: Some(OnDisk {
            block: 4096,
            before: 3_002_368,
            after: Range {
                low: 384_000,
                expected: 404_000,
                high: 424_000,
            },
            saved: Range {
                low: 2_578_368,
                expected: 2_598_368,
                high: 2_618_368,
            },
        }),
        times: Times {
            load: around(0.5, 0.2),
            process: around(1.25, 0.1),
            write: around(0.5, 0.2),
            wall: around(80.0, 8.0),
        },
        basis: WriteBasis::EarlierRuns,
        sampling: Duration::from_millis(60),
        judging: Duration::from_millis(5),
        judged: Vec::new(),
    }
}

/// Everything there can be in a run.
pub(crate) fn run() -> Record {
    let mut first = shard(
        "library/shard_00000",
        ShardState::Done,
        vec![
            image("a.png", Outcome::Shrunk(Why::AboveTarget), 2_000_000, 250_000),
            image("b.png", Outcome::Shrunk(Why::Converted), 1_000_000, 160_000),
            image(
                "c.png",
                Outcome::Failed(Box::new(problem("truncated", "library/shard_00000/c.png"))),
                70_000,
                70_000,
            ),
            image("d.gif", Outcome::LeftAlone(Why::Animated), 9_000, 9_000),
            image(
                "e.png",
                Outcome::Refused(Box::new(problem("too-many-pixels", "library/shard_00000/e.png"))),
                3_000,
                3_000,
            ),
        ],
    );
    first.kept_bytes = 3_000_000;
    first.write_mode = "direct".to_owned();
    first.collisions = vec![Collision {
        output: OsString::from("a.jpg"),
        images: vec![OsString::from("a.png"), OsString::from("a.webp")],
        stays: None,
        resolution: Resolution::Numbered(vec![Some(OsString::from("a.jpg")), None]),
    }];
    first.recovered = Some("3 replacements of an earlier run were completed.".to_owned());
    let count = |images: u64, bytes: u64| Count { images, bytes };
    let totals = |images: u64, bytes: u64, busy: u64, begin: u64| PhaseTotals {
        images,
        bytes,
        busy: Duration::from_millis(busy),
        cpu: Some(Duration::from_millis(busy * 9 / 10)),
        span: Some(Span {
            begin: Duration::from_millis(begin),
            end: Duration::from_millis(begin + busy),
        }),
        waited_input: Duration::from_millis(busy / 2),
        waited_output: Duration::from_millis(busy / 50),
        waited_memory: Duration::ZERO,
        images_per_second: Spread {
            min: 1.0,
            median: 1.5,
            max: 2.0,
        },
        bytes_per_second: Spread {
            min: 1e6,
            median: 1.5e6,
            max: 2e6,
        },
    };
    let mut record = empty(Kind::Run);
    record.shards = vec![
        first,
        shard(
            "library/shard_00001",
            ShardState::Skipped(problem("locked", "library/shard_00001")),
            Vec::new(),
        ),
        shard(
            "library/shard_00002",
            ShardState::NotReached,
            vec![image("z.png", Outcome::NotReached, 4_000, 4_000)],
        ),
    ];
    record.estimate = Some(estimate());
    record.stopped = Some(StopReason::Asked);
    record.settings.machine.io = Some(4);
    record.notices = vec![Notice {
        path: PathBuf::from("library/shard_00000/d.gif"),
        message: "More than one frame: left alone.".to_owned(),
    }];
    record.phases = Phases {
        load: totals(2, 3_000_000, 600, 10),
        process: totals(2, 3_000_000, 1200, 200),
        write: totals(2, 410_000, 400, 1300),
        series: vec![
            Point {
                span: Duration::from_millis(1001),
                load: count(1, 2_000_000),
                process: count(1, 2_000_000),
                write: count(0, 0),
            },
            Point {
                span: Duration::from_millis(730),
                load: count(1, 1_000_000),
                process: count(1, 1_000_000),
                write: count(2, 410_000),
            },
        ],
        io_depth: 4,
    };
    record
}

/// A run that went well.
pub(super) fn clean_run() -> Record {
    let mut record = run();
    record.shards.truncate(1);
    record.shards[0].images.truncate(2);
    record.shards[0].collisions.clear();
    record.stopped = None;
    record.notices.clear();
    record
}

/// A run that went well, with a graphics card.
pub(crate) fn with_card() -> Record {
    let class = |format, size, cpu_ns, card_ns, measured, by_card, on_card| ClassRecord {
        class: ImageClass { format, size },
        cpu_ns,
        card_ns,
        measured,
        by_card,
        on_card,
    };
    let mut record = clean_run();
    record.machine.backend = "CPU (fast_image_resize, AVX2) and An adapter over Vulkan".to_owned();
    record.card = Some(CardRecord {
        choice: BackendChoice::Auto,
        adapter: Some(Adapter {
            name: "An adapter".to_owned(),
            kind: AdapterKind::Discrete,
            driver: "a driver 1.2".to_owned(),
            api: "Vulkan".to_owned(),
            memory: Some(8 << 30),
        }),
        opened_after: Some(Duration::from_millis(420)),
        images: 1_100,
        pixels: 5_500_000_000,
        batches: 280,
        redone: 2,
        compared: 9,
        classes: vec![
            class(Format::Png, SizeClass::Small, Some(10.0), Some(10.3), 192, 96, false),
            class(Format::Jpeg, SizeClass::Large, Some(9.3), Some(7.998), 96, 1_100, true),
            class(Format::Webp, SizeClass::Huge, None, None, 0, 0, false),
        ],
        verdict: "The graphics card was worth using for JPEG of 2 to 8 Mpx (14 % less processor time with the card).".to_owned(),
    });
    record
}

/// A dry run.
pub(super) fn plan() -> Record {
    let mut record = run();
    record.kind = Kind::Estimate;
    record.stopped = None;
    record.phases = Phases::default();
    record.shards.remove(1);
    for shard in &mut record.shards {
        shard.state = ShardState::Planned;
        (shard.kept_bytes, shard.recovered) = (0, None);
        shard.write_mode.clear();
        for image in &mut shard.images {
            image.steps = StepTimes::default();
            if image.outcome == Outcome::NotReached || matches!(image.outcome, Outcome::Failed(_)) {
                image.outcome = Outcome::LeftAlone(Why::SmallEnough);
            }
        }
    }
    record
}
