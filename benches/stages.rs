//! What each stage of an image costs: header, decode by coding, flatten, Lanczos3, encode, verify, and the whole way. On the pictures of
//! the sample library, and on those of the folder that `SHARDPRESS_BENCH_IMAGES` names.

use std::collections::BTreeSet;
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use shardpress::benching::Stages;
use shardpress::engine::write_sample;

/// Pictures of the sample library by what they show of the codecs; names as in its first shard.
const DRAWN: [(&str, &str); 9] = [
    ("png-rgb", "000000017.png"),
    ("png-rgba", "000000002.png"),
    ("png-grey", "000000004.png"),
    ("png-palette", "000000009.png"),
    ("png-16-bit", "000000011.png"),
    ("jpeg-420", "000000022.jpg"),
    ("jpeg-progressive", "000000005.jpeg"),
    ("webp-lossless", "000000003.webp"),
    ("bmp", "000000006.bmp"),
];

/// Files of a folder that are measured at most.
const MOST: usize = 24;

/// Megapixels of made-up transparency that are flattened.
const FLATTENED: usize = 1;

fn pictures(place: &Path) -> Vec<(String, PathBuf)> {
    let library = place.join("library");
    if let Err(error) = write_sample(&library) {
        eprintln!("The pictures could not be drawn: {error}");
    }
    let shard = library.join("shard_00000");
    let mut all: Vec<_> = DRAWN.iter().map(|(name, file)| ((*name).to_owned(), shard.join(file))).collect();
    if let Some(folder) = std::env::var_os("SHARDPRESS_BENCH_IMAGES") {
        let paths: BTreeSet<PathBuf> = fs::read_dir(folder)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .collect();
        let named = paths.into_iter().filter(|path| path.is_file());
        all.extend(
            named
                .take(MOST)
                .map(|path| (path.file_name().unwrap_or_default().to_string_lossy().into_owned(), path)),
        );
    }
    all
}

fn stages(criterion: &mut Criterion) {
    let place = tempfile::tempdir().expect("a temporary folder");
    for (name, path) in pictures(place.path()) {
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) => {
                eprintln!("{}: {error}; left out", path.display());
                continue;
            }
        };
        let mut stages = match Stages::of(bytes) {
            Ok(stages) => stages,
            Err(error) => {
                eprintln!("{}: {error}; left out", path.display());
                continue;
            }
        };
        let (before, after) = stages.pixels();
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Elements(1));
        group.bench_function("probe", |run| run.iter(|| black_box(stages.probe())));
        group.throughput(Throughput::Elements(before));
        group.bench_function("decode", |run| run.iter(|| black_box(stages.decode())));
        group.bench_function("resize", |run| run.iter(|| black_box(stages.resize())));
        group.bench_function("whole", |run| run.iter(|| black_box(stages.whole())));
        group.throughput(Throughput::Elements(after));
        group.bench_function("encode", |run| run.iter(|| black_box(stages.encode())));
        group.bench_function("verify", |run| run.iter(|| black_box(stages.verify())));
        group.finish();
    }
    let rgba: Vec<u8> = (0..FLATTENED * 4_000_000).map(|at| (at * at / 7) as u8).collect();
    let mut group = criterion.benchmark_group("flatten");
    group.throughput(Throughput::Elements(FLATTENED as u64 * 1_000_000));
    group.bench_function("rgba", |run| run.iter(|| black_box(Stages::flatten(black_box(&rgba)))));
    group.finish();
}

criterion_group! {
    name = all;
    config = Criterion::default().warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2)).sample_size(20);
    targets = stages
}
criterion_main!(all);
