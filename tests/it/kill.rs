//! The program is killed at random moments, on a small shard, and nothing may be lost: neither right after the kill nor
//! after the next run, which must come to the very folder of an undisturbed run.

use std::fs;
use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use crate::fixture::{Fixture, Tree, finish, jpeg_size};

/// Kills for each way to treat originals. Every third hits the recovering run, too.
const ROUNDS: u32 = 15;

#[test]
fn killed_at_any_moment_with_originals_kept() {
    kill_and_judge("keep");
}

#[test]
fn killed_at_any_moment_with_originals_deleted() {
    kill_and_judge("delete");
}

fn kill_and_judge(originals: &str) {
    let sample = Fixture::sample();
    let pristine = Tree::of(&sample.library().join("shard_00000"));

    let reference = copy_of(&pristine);
    let begun = Instant::now();
    reference.run(&["--originals", originals]).ends_with(0);
    let normal = begun.elapsed();
    let wanted = reference.look();
    judge(&pristine, &wanted, originals, "undisturbed");
    assert!(
        wanted.files().any(|(name, _)| !pristine.0.contains_key(name)),
        "the undisturbed run changed nothing, so nothing is tested"
    );

    let mut random = Random(if originals == "keep" { 7 } else { 11 });
    let mut killed = 0;
    let mut while_writing = 0;
    for round in 0..ROUNDS {
        let write = ["auto", "direct", "staged"][round as usize % 3];
        let more = ["--originals", originals, "--write", write];
        let about = format!("round {round}, --originals {originals} --write {write}");
        let fixture = copy_of(&pristine);
        for _ in 0..if round % 3 == 2 { 2 } else { 1 } {
            let mut child = fixture.start(&more);
            if round % 2 == 0 {
                std::thread::sleep(normal.mul_f64(random.unit()));
            } else {
                // On a small shard most of the time goes by before the first write; these hit the writing, the first at once, each other a little later.
                wait_for_a_write(&pristine, &fixture.library(), &mut child);
                std::thread::sleep(normal.mul_f64(f64::from(round - 1) / f64::from(ROUNDS) / 10.0));
            }
            killed += u32::from(child.try_wait().expect("wait").is_none());
            child.kill().expect("kill");
            child.wait().expect("wait");
            let now = fixture.look();
            while_writing += u32::from(visible(&now) != visible(&pristine) && visible(&now) != visible(&wanted));
            judge(&pristine, &now, originals, &format!("{about}, right after the kill"));
        }
        let again = finish(fixture.start(&more));
        assert_eq!(again.code, Some(0), "{about}: the next run failed\n{}\n{}", again.out, again.err);
        let after = fixture.look();
        judge(&pristine, &after, originals, &format!("{about}, after recovery"));
        println!("{about}");
        after.without_ours().has_the_contents_of(&wanted.without_ours());
    }
    println!("--originals {originals}: {killed} killed alive, {while_writing} of them amid the writing");
    assert!(while_writing > 0, "no kill came while files were written, so nothing was tested");
}

/// Names in the shard itself, those of files under way included.
fn visible(shard: &Tree) -> Vec<&str> {
    shard
        .names()
        .into_iter()
        .filter(|name| !name.starts_with(".shardpress/") && *name != ".shardpress")
        .collect()
}

/// Waits until a name is in the shard that was not there before, beside the program's own folder, or until the run is over.
fn wait_for_a_write(pristine: &Tree, shard: &Path, child: &mut Child) {
    loop {
        let mut names = fs::read_dir(shard).expect("shard").map(|entry| entry.expect("entry").file_name());
        let written = names.any(|name| {
            let name = name.to_string_lossy();
            name != ".shardpress" && !pristine.0.contains_key(name.as_ref())
        });
        if written || child.try_wait().expect("wait").is_some() {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// A fixture whose library is a copy of this shard.
fn copy_of(shard: &Tree) -> Fixture {
    let fixture = Fixture::new();
    for (name, content) in shard.files() {
        fixture.file(name, content);
    }
    fixture
}

/// Every picture must be there: as it was, or as a whole JPEG under its output name. Every sidecar as it was. A kept
/// original must be somewhere, to the byte.
fn judge(pristine: &Tree, now: &Tree, originals: &str, when: &str) {
    for (name, content) in pristine.files() {
        let same = |other: &str| now.files().any(|(found, bytes)| found == other && bytes == content);
        if name.ends_with(".json") || name.ends_with(".txt") {
            assert!(same(name), "{when}: the sidecar {name} changed or is gone");
            continue;
        }
        let intact = now.holds(content);
        assert!(
            intact || originals == "delete",
            "{when}: the original of {name} is gone, though it was to be kept"
        );
        let output = output_name(name);
        let replaced = now.files().any(|(found, bytes)| {
            found == output && bytes != content && jpeg_size(bytes).is_some_and(|(width, height)| width.max(height) <= 512)
        });
        assert!(intact || replaced, "{when}: {name} is LOST; there are: {}", now.names().join(", "));
    }
}

fn output_name(name: &str) -> String {
    let path = Path::new(name);
    let is_jpeg = path
        .extension()
        .is_some_and(|ending| ["jpg", "jpeg"].iter().any(|jpeg| ending.eq_ignore_ascii_case(jpeg)));
    if is_jpeg {
        name.to_owned()
    } else {
        path.with_extension("jpg").to_string_lossy().into_owned()
    }
}

/// Knuth's linear congruential generator (MMIX): the moments of the kills as shares of the normal time.
struct Random(u64);

impl Random {
    fn unit(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
}
