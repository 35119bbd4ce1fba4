//! Whatever a record holds, the report on it is sound.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use proptest::prelude::*;

use super::compare::Comparison;
use super::tests::{keeps_to_the_schema, numbers_are_finite, reconciles, schema};
use super::{Name, Report, ReportFormat, markdown, merge, render, render_comparison, samples, sections, summary};
use crate::engine::{
    Adapter, AdapterKind, BackendChoice, CardRecord, ClassRecord, Count, Estimate, Format, ImageClass, ImageQuality, ImageRecord,
    JudgedImage, Kind, OnDisk, Outcome, PhaseTotals, Phases, Point, Problem, Range, Record, Seconds, ShardRecord, ShardState, Size,
    SizeClass, Span, Spread, StepTimes, Times, Why, WriteBasis,
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
        problem().prop_map(|problem| Outcome::Refused(Box::new(problem))),
        problem().prop_map(|problem| Outcome::Failed(Box::new(problem))),
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

fn quality() -> impl Strategy<Value = Option<ImageQuality>> {
    let quality = (1..=100_u8, -50.0..100.0_f64, proptest::option::of(0..1_u64 << 45));
    proptest::option::of(quality.prop_map(|(quality, score, bytes_at_highest)| ImageQuality {
        quality,
        score,
        bytes_at_highest,
    }))
}

fn judged() -> impl Strategy<Value = Vec<JudgedImage>> {
    let judged = (any::<String>(), any::<String>(), quality(), 0..1_u64 << 45);
    let judged = judged.prop_filter_map("measured", |(shard, name, quality, bytes_after)| {
        Some(JudgedImage {
            shard: shard.into(),
            name: name.into(),
            quality: quality?,
            bytes_after,
        })
    });
    proptest::collection::vec(judged, 0..30)
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
        quality(),
    )
        .prop_map(
            |(name, format, outcome, (bytes_before, bytes_after), before, after, us, output, quality)| ImageRecord {
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
                quality: quality.map(Box::new),
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

fn card() -> impl Strategy<Value = Option<CardRecord>> {
    // A clock that ticks too rarely, or a hand that wrote the record, may make any of it 0 or absurd.
    let ns = || proptest::option::of(prop_oneof![Just(0.0), Just(1e300), 0.0..1e6]);
    let class = (ns(), ns(), [any::<u64>(), any::<u64>()], any::<bool>());
    let classes = proptest::collection::vec(class, 0..4);
    let told = (any::<String>(), any::<String>(), proptest::option::of(any::<u64>()));
    let adapter = proptest::option::of(told.prop_map(|(name, driver, memory)| Adapter {
        name,
        kind: AdapterKind::Integrated,
        driver,
        api: "Vulkan".to_owned(),
        memory,
    }));
    let card = (adapter, proptest::option::of(time()), any::<[u64; 5]>(), classes, any::<String>());
    proptest::option::of(card.prop_map(
        |(adapter, opened_after, [images, pixels, batches, redone, compared], classes, verdict)| {
            let classes = classes
                .into_iter()
                .map(|(cpu_ns, card_ns, [measured, by_card], on_card)| ClassRecord {
                    class: ImageClass {
                        format: Format::Tiff,
                        size: SizeClass::Huge,
                    },
                    cpu_ns,
                    card_ns,
                    measured,
                    by_card,
                    on_card,
                });
            CardRecord {
                choice: BackendChoice::Gpu,
                adapter,
                opened_after,
                images,
                pixels,
                batches,
                redone,
                compared,
                classes: classes.collect(),
                verdict,
            }
        },
    ))
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
    let some_seconds = || (0.0..1e12, 0.0..1e12, 0.0..1e12).prop_map(|(low, expected, high)| Seconds { low, expected, high });
    let times = (some_seconds(), some_seconds(), some_seconds(), some_seconds()).prop_map(|(load, process, write, wall)| Times {
        load,
        process,
        write,
        wall,
    });
    let ranges = [any::<u64>(), any::<u64>(), any::<u64>()];
    let estimate = proptest::option::of(
        (
            0..1000_usize,
            ranges,
            proptest::option::of(1..1_000_000_u64),
            times,
            time(),
            judged(),
        )
            .prop_map(|(images, [low, expected, high], block, times, sampling, judged)| {
                let range = Range { low, expected, high };
                Estimate {
                    sampled: images,
                    images,
                    bytes_after: range,
                    bytes_saved: range,
                    on_disk: block.map(|block| OnDisk {
                        block,
                        before: expected,
                        after: range,
                        saved: range,
                    }),
                    times,
                    basis: WriteBasis::DriveKind,
                    sampling,
                    judging: sampling / 2,
                    judged,
                }
            }),
    );
    let kind = prop_oneof![Just(Kind::Estimate), Just(Kind::Exact), Just(Kind::Run)];
    (kind, proptest::collection::vec(shard(), 0..4), phases, estimate, time(), card()).prop_map(
        |(kind, shards, phases, estimate, wall, card)| {
            let mut record = samples::empty(kind);
            (record.shards, record.phases, record.estimate, record.wall) = (shards, phases, estimate, wall);
            record.card = card;
            record
        },
    )
}

/// Every cell of the table is what the report has, and every name can be had back to the byte.
fn csv_reads_back(report: &Report) {
    let mut table = Vec::new();
    render(report, ReportFormat::Csv, &mut table).unwrap();
    let mut reader = csv::Reader::from_reader(table.as_slice());
    let heads = reader.headers().unwrap().clone();
    let at = |name: &str| heads.iter().position(|head| head == name).unwrap();
    let images: Vec<_> = report
        .shards
        .iter()
        .flat_map(|shard| shard.images.iter().map(move |image| (shard, image)))
        .collect();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), images.len());
    for (row, (shard, image)) in rows.iter().zip(images) {
        let is = |column: &str, name: &Name| {
            let (text, hex) = (&row[at(column)], &row[at(&format!("{column}_hex"))]);
            match (&name.hex, hex) {
                (Some(bytes), hex) => assert_eq!(&**bytes, hex),
                (None, "") => assert_eq!(name.text, text),
                (None, hex) => assert_eq!(name.text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>(), hex),
            }
            assert!(!text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']), "{text:?} is a formula");
        };
        is("shard", &shard.path);
        is("name", &image.name);
        if let Some(output) = &image.output {
            is("output", output);
        }
        for (column, number) in [("bytes_before", image.bytes_before), ("bytes_after", image.bytes_after)] {
            assert_eq!(row[at(column)].parse::<u64>(), Ok(number));
        }
    }
}

/// Well-formed, with nothing in it that could do anything: no script, no handler, no address.
pub(super) fn is_sound_html(page: &str) {
    let options = roxmltree::ParsingOptions {
        allow_dtd: true,
        ..Default::default()
    };
    let page = roxmltree::Document::parse_with_options(page, options).unwrap_or_else(|error| panic!("{error}\n{page}"));
    for element in page.descendants().filter(roxmltree::Node::is_element) {
        let name = element.tag_name().name();
        assert!(
            !["script", "img", "a", "link", "iframe", "object", "use", "image", "foreignObject"].contains(&name),
            "<{name}>"
        );
        for attribute in element.attributes() {
            assert!(!attribute.name().starts_with("on"), "{}", attribute.name());
            assert!(!["href", "src"].contains(&attribute.name()), "{}", attribute.name());
            // A drawing with such a number is no drawing.
            assert!(
                !attribute.value().contains("NaN") && !attribute.value().contains("inf"),
                "{attribute:?}"
            );
        }
    }
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
        prop_assert!(markdown::markdown(&sections::page(&report)).ends_with("|\n"));
        csv_reads_back(&report);
        let mut page = Vec::new();
        render(&report, ReportFormat::Html, &mut page).unwrap();
        is_sound_html(&String::from_utf8(page).unwrap());
        let itself = Comparison::of(("a", &report), ("b", &report));
        is_sound_html(&render_comparison(&itself, ReportFormat::Html).unwrap());
        prop_assert!(itself.overlap.is_whole());
    }

    #[test]
    fn any_two_records_merge_soundly_or_not_at_all(one in record(), other in record()) {
        let mut records = [one, other];
        records[1].id = "20260103T000000Z-0002".to_owned();
        records[1].started += Duration::from_secs(7);
        let reports = records.iter().map(|record| (record.id.clone(), Report::new(record)));
        if let Ok(merged) = merge(reports.collect()) {
            reconciles(&merged);
            numbers_are_finite(&merged);
            keeps_to_the_schema(&schema(), &merged);
            for (sum, of) in [
                (merged.phases.series.load.images.iter().sum::<u64>(), 0),
                (merged.phases.series.write.images.iter().sum::<u64>(), 1),
            ] {
                let all = records.iter().flat_map(|record| &record.phases.series);
                let all = all.map(|point| if of == 0 { point.load.images } else { point.write.images });
                // What happened in no time at all happened all the same, but a whole series of no length is left out.
                let length: Duration = records.iter().flat_map(|r| &r.phases.series).map(|p| p.span).sum();
                if !length.is_zero() {
                    prop_assert!(sum <= all.clone().sum::<u64>());
                }
            }
        }
    }
}
