//! Whatever a record holds, the report on it is sound.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use proptest::prelude::*;

use super::tests::{keeps_to_the_schema, numbers_are_finite, reconciles, schema};
use super::{Report, markdown, samples, summary};
use crate::engine::{
    Count, Estimate, Format, ImageRecord, Kind, Outcome, PhaseTotals, Phases, Point, Problem, Range, Record, ShardRecord, ShardState, Size,
    Span, Spread, StepTimes, Why,
};

fn problem() -> impl Strategy<Value = Problem> {
    (any::<String>(), any::<String>(), any::<String>()).prop_map(|(path, message, advice)| Problem {
        code: "some-code",
        path: PathBuf::from(path),
        message,
        advice,
    })
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        prop_oneof![Just(Why::AboveTarget), Just(Why::BelowTargetUpscaled), Just(Why::Converted)].prop_map(Outcome::Shrunk),
        prop_oneof![Just(Why::SmallEnough), Just(Why::Animated), Just(Why::NotRequested)].prop_map(Outcome::LeftAlone),
        problem().prop_map(Outcome::Refused),
        problem().prop_map(Outcome::Failed),
        Just(Outcome::NotReached),
    ]
}

fn format() -> impl Strategy<Value = Option<Format>> {
    prop_oneof![
        Just(None),
        Just(Some(Format::Png)),
        Just(Some(Format::Jpeg)),
        Just(Some(Format::Webp)),
        Just(Some(Format::Gif))
    ]
}

fn size() -> impl Strategy<Value = Option<Size>> {
    proptest::option::of((1..=u32::MAX, 1..=u32::MAX).prop_map(|(width, height)| Size { width, height }))
}

fn image() -> impl Strategy<Value = ImageRecord> {
    let sizes = (0..1_u64 << 45, 0..1_u64 << 45);
    (
        any::<String>(),
        format(),
        outcome(),
        sizes,
        size(),
        size(),
        any::<[u32; 6]>(),
        proptest::option::of(any::<String>()),
    )
        .prop_map(
            |(name, format, outcome, (bytes_before, bytes_after), before, after, us, output)| ImageRecord {
                name: OsString::from(name),
                format,
                outcome,
                bytes_before,
                bytes_after,
                before,
                after,
                output: output.map(OsString::from),
                steps: StepTimes {
                    load_us: us[0],
                    decode_us: us[1],
                    resize_us: us[2],
                    encode_us: us[3],
                    verify_us: us[4],
                    write_us: us[5],
                },
            },
        )
}

fn shard() -> impl Strategy<Value = ShardRecord> {
    let state = prop_oneof![
        Just(ShardState::Planned),
        Just(ShardState::Done),
        problem().prop_map(ShardState::Skipped),
        Just(ShardState::NotReached)
    ];
    (
        any::<String>(),
        state,
        proptest::collection::vec(image(), 0..8),
        [0..1_u64 << 45, 0..1_u64 << 45, 0..1_u64 << 45],
    )
        .prop_map(|(path, state, images, [other_files, other_bytes, kept_bytes])| {
            let mut shard = samples::run().shards.remove(0);
            (shard.path, shard.state, shard.images) = (PathBuf::from(path), state, images);
            (shard.other_files, shard.other_bytes, shard.kept_bytes) = (other_files, other_bytes, kept_bytes);
            shard
        })
}

fn time() -> impl Strategy<Value = Duration> {
    prop_oneof![Just(Duration::ZERO), (0..u64::MAX / 4).prop_map(Duration::from_nanos)]
}

fn totals() -> impl Strategy<Value = PhaseTotals> {
    (
        0..1_u64 << 40,
        0..1_u64 << 50,
        [time(), time(), time(), time(), time(), time()],
        any::<bool>(),
    )
        .prop_map(|(images, bytes, [busy, cpu, input, output, memory, end], ran)| PhaseTotals {
            images,
            bytes,
            busy,
            cpu: ran.then_some(cpu),
            span: ran.then_some(Span {
                begin: Duration::ZERO,
                end,
            }),
            waited_input: input,
            waited_output: output,
            waited_memory: memory,
            images_per_second: Spread {
                min: 0.1,
                median: bytes as f64 / 3.0,
                max: 1e300,
            },
            bytes_per_second: Spread::default(),
        })
}

fn record() -> impl Strategy<Value = Record> {
    let point = (time(), any::<[u32; 6]>()).prop_map(|(span, n)| {
        let count = |images: u32, bytes: u32| Count {
            images: images.into(),
            bytes: bytes.into(),
        };
        Point {
            span,
            load: count(n[0], n[1]),
            process: count(n[2], n[3]),
            write: count(n[4], n[5]),
        }
    });
    let phases = (totals(), totals(), totals(), proptest::collection::vec(point, 0..5), 0..100_usize).prop_map(
        |(load, process, write, series, io_depth)| Phases {
            load,
            process,
            write,
            series,
            io_depth,
        },
    );
    let estimate = proptest::option::of((0..1000_usize, [any::<u64>(), any::<u64>(), any::<u64>()], 0.0..1e12).prop_map(
        |(images, [low, expected, high], process_secs)| Estimate {
            sampled: images,
            images,
            bytes_after: Range { low, expected, high },
            bytes_saved: Range { low, expected, high },
            process_secs,
        },
    ));
    let kind = prop_oneof![Just(Kind::Estimate), Just(Kind::Exact), Just(Kind::Run)];
    (kind, proptest::collection::vec(shard(), 0..4), phases, estimate, time()).prop_map(|(kind, shards, phases, estimate, wall)| {
        let mut record = samples::empty(kind);
        (record.shards, record.phases, record.estimate, record.wall) = (shards, phases, estimate, wall);
        record
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_record_makes_a_sound_report(record in record()) {
        let report = Report::new(&record);
        reconciles(&report);
        numbers_are_finite(&report);
        keeps_to_the_schema(&schema(), &report);
        let mut bytes = Vec::new();
        super::json::write_compact(&report, &mut bytes).unwrap();
        prop_assert_eq!(&serde_json::from_slice::<Report>(&bytes).unwrap(), &report);
        // No name and no message gets a line of its own in a terminal.
        for text in [summary::run_text(&report), summary::plan_text(&report)] {
            prop_assert!(text.chars().all(|c| c == '\n' || !c.is_control()));
        }
        prop_assert!(markdown::markdown(&report).ends_with("|\n"));
    }
}
