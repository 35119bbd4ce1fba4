//! What becomes of names that more than one file wants: cases by hand, and laws that hold for any names.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::tests::{header, image, shard};
use super::*;
use crate::engine::settings::{ChooseSettings, Slice, folded};

fn settings(policy: Collisions) -> Settings {
    let mut settings = Settings::default();
    settings.safety.collisions = policy;
    settings
}

/// An image that has work whatever its name; one whose name begins with `small` has none, but is there.
fn found(name: &str) -> FoundImage {
    let side = if name.starts_with("small") { 60 } else { 600 };
    image(name, Content::Image(header(Format::Jpeg, side, side)))
}

fn plan(policy: Collisions, images: &[&str], others: &[&str]) -> ShardPlan {
    let images = images.iter().map(|name| found(name)).collect();
    ShardPlan::new(&settings(policy), shard(images, others), None)
}

/// Name and output of every image; an empty one where it is left alone.
fn outputs(plan: &ShardPlan) -> BTreeMap<String, String> {
    let text = |name: &OsStr| name.to_str().expect("text").to_owned();
    let images = plan.inventory.images.iter().zip(&plan.actions);
    images
        .map(|(image, action)| (text(&image.name), action.output().map_or(String::new(), |o| text(o))))
        .collect()
}

#[track_caller]
fn check(policy: Collisions, images: &[&str], others: &[&str], expected: &[&str]) {
    let plan = plan(policy, images, others);
    let outputs = outputs(&plan);
    let got: Vec<&str> = images.iter().map(|name| outputs[*name].as_str()).collect();
    assert_eq!(got, expected, "{policy:?} {images:?} {others:?}");
    assert_eq!(plan.blocking().count(), 0);
}

#[test]
fn skipped_images_are_left_alone_all_of_them() {
    let skip = Collisions::Skip;
    check(skip, &["a.png", "a.webp", "a.jpg", "b.png"], &[], &["", "", "", "b.jpg"]);
    check(skip, &["A.png", "a.PNG"], &[], &["", ""]);
    check(skip, &["\u{e9}.png", "e\u{301}.png"], &[], &["", ""]);
    check(skip, &["a.png"], &["a.JPG"], &[""]);
    check(skip, &["a.png"], &["a.json"], &["a.jpg"]);
    let plan = plan(skip, &["a.png", "a.webp", "b.png"], &[]);
    assert_eq!(plan.actions[0], Action::LeaveAlone(Why::NameTaken));
    assert_eq!(plan.collisions.len(), 1);
    assert_eq!(plan.collisions[0].resolution, Resolution::LeftAlone);
    assert_eq!(plan.totals().work_images, 1);
}

#[test]
fn numbers_are_given_by_names_alone() {
    let number = Collisions::Number;
    check(number, &["a.png", "a.webp", "a.jpg"], &[], &["a-2.jpg", "a-3.jpg", "a.jpg"]);
    check(number, &["a.webp", "a.bmp", "a.png"], &[], &["a-3.jpg", "a-2.jpg", "a.jpg"]);
    check(number, &["A.png", "a.PNG"], &[], &["A.jpg", "a-2.jpg"]);
    check(number, &["\u{e9}.png", "e\u{301}.webp"], &[], &["\u{e9}.jpg", "e\u{301}-2.jpg"]);
    check(number, &["a.png", "a.webp"], &["a.jpg"], &["a-2.jpg", "a-3.jpg"]);
    // Names that are taken, wanted, or both.
    check(number, &["a.png", "a.webp"], &["a-2.jpg"], &["a.jpg", "a-3.jpg"]);
    check(number, &["a.png", "a.webp"], &["A-2.JPG", "a-4.jpg"], &["a.jpg", "a-3.jpg"]);
    check(number, &["a.png", "a.webp", "a-2.bmp"], &[], &["a.jpg", "a-3.jpg", "a-2.jpg"]);
    check(number, &["a.png", "a.webp", "a-2.jpg"], &[], &["a.jpg", "a-3.jpg", "a-2.jpg"]);
    check(
        number,
        &["a.png", "a.webp", "a-2.png", "a-2.webp"],
        &[],
        &["a.jpg", "a-3.jpg", "a-2.jpg", "a-2-2.jpg"],
    );
}

#[test]
fn a_small_image_keeps_its_name_and_the_others_get_numbers() {
    // A 60-pixel `x.jpg` stays, a large `x.png` beside it would be written under its name.
    let small = image("x.jpg", Content::Image(header(Format::Jpeg, 60, 60)));
    let plan = ShardPlan::new(&settings(Collisions::Number), shard(vec![small, found("x.png")], &["x.txt"]), None);
    assert_eq!(outputs(&plan)["x.png"], "x-2.jpg");
    let collision = &plan.collisions[0];
    assert_eq!(collision.stays.as_deref(), Some(OsStr::new("x.jpg")));
    assert_eq!(collision.resolution, Resolution::Numbered(vec![Some("x-2.jpg".into())]));
}

#[test]
fn a_sidecar_keeps_an_image_of_its_stem() {
    let number = Collisions::Number;
    // The one that keeps the name keeps the sidecar.
    check(number, &["a.png", "a.webp"], &["a.txt"], &["a.jpg", "a-2.jpg"]);
    // Nobody could keep it: a folder has the name.
    check(number, &["a.png", "a.webp"], &["a.jpg", "a.txt"], &["", ""]);
    check(number, &["a.png", "a.webp"], &["a.jpg"], &["a-2.jpg", "a-3.jpg"]);
    check(number, &["a.png"], &["a.jpg", "a.txt"], &[""]);
    // One that is found by the whole name belongs to that image alone, which then keeps the name.
    check(number, &["a.png", "a.webp"], &["a.webp.json"], &["a-2.jpg", "a.jpg"]);
    check(number, &["a.png", "a.webp"], &["a.png.json"], &["a.jpg", "a-2.jpg"]);
    // Stems that differ in case alone, and a sidecar that is exactly of one of them.
    check(number, &["A.png", "a.PNG"], &["a.txt"], &["A-2.jpg", "a.jpg"]);
    check(number, &["A.png", "a.PNG"], &["A.txt"], &["A.jpg", "a-2.jpg"]);
    // Both have the name already: the one with a sidecar keeps it. One that stays where it was takes it from its neighbour.
    check(number, &["A.jpg", "a.jpg"], &["a.txt"], &["A-2.jpg", "a.jpg"]);
    check(number, &["A.jpg", "a.jpg"], &["a.txt", "A.txt"], &["", ""]);
}

#[test]
fn a_number_that_makes_a_name_too_long_is_none() {
    let (png, webp) = (format!("{}.png", "x".repeat(250)), format!("{}.webp", "x".repeat(250)));
    let plan = plan(Collisions::Number, &[&png, &webp], &[]);
    assert_eq!(plan.actions[1], Action::LeaveAlone(Why::NameTaken));
    assert!(plan.actions[0].output().is_some());
    assert!(matches!(&plan.collisions[0].resolution, Resolution::Numbered(names) if names[0].is_some() && names[1].is_none()));
}

#[test]
fn images_that_are_not_chosen_keep_their_names_and_block_nobody() {
    let choose = |change: fn(&mut Settings), images: &[&str]| {
        let mut settings = Settings::default();
        change(&mut settings);
        let images = images.iter().map(|name| found(name)).collect();
        Plan::new(settings, [(shard(images, &[]), None)], Vec::new())
    };
    let plan = choose(|s| s.choose.exclude = vec!["*.webp".into()], &["a.png", "a.webp"]);
    assert_eq!(plan.blocking().count(), 0);
    assert_eq!(plan.shards[0].actions[1], Action::LeaveAlone(Why::NotChosen));
    // But a name is a name: what stays cannot be written over.
    let plan = choose(|s| s.choose.exclude = vec!["*.jpg".into()], &["a.jpg", "a.png"]);
    assert_eq!(plan.blocking().count(), 1);
    // The limit, too.
    let plan = choose(|s| s.choose.limit = Some(1), &["a.png", "b.png", "b.webp"]);
    assert_eq!(plan.blocking().count(), 0);
    assert_eq!(plan.totals().work_images, 1);
    let plan = choose(|s| s.choose.limit = Some(2), &["a.png", "b.png", "b.webp"]);
    assert_eq!((plan.blocking().count(), plan.totals().work_images), (0, 2));
    // Images that a policy leaves alone are none of those that the limit counts, and numbers don't depend on it.
    let plan = choose(
        |s| (s.choose.limit, s.safety.collisions) = (Some(1), Collisions::Skip),
        &["a.png", "a.webp", "b.png", "c.png"],
    );
    assert_eq!(outputs(&plan.shards[0])["b.png"], "b.jpg");
    assert_eq!(plan.totals().work_images, 1);
    let plan = choose(
        |s| (s.choose.limit, s.safety.collisions) = (Some(1), Collisions::Number),
        &["a.bmp", "a.png", "c.png"],
    );
    assert_eq!(outputs(&plan.shards[0])["a.bmp"], "a-2.jpg");
    assert_eq!(
        plan.shards[0].collisions[0].resolution,
        Resolution::Numbered(vec![Some("a-2.jpg".into()), None])
    );
}

#[test]
fn the_limit_goes_through_the_shards_in_order() {
    let mut settings = Settings::default();
    settings.choose.limit = Some(3);
    let images = |names: &[&str]| names.iter().map(|n| found(n)).collect::<Vec<_>>();
    let shards = [
        (shard(images(&["a.png", "b.png"]), &[]), None),
        (shard(images(&["a.png", "b.png", "c.png"]), &[]), None),
        (shard(images(&["a.png"]), &[]), None),
    ];
    let plan = Plan::new(settings.clone(), shards, Vec::new());
    let work: Vec<usize> = plan.shards.iter().map(|s| s.work().count()).collect();
    assert_eq!(work, [2, 1, 0]);
    // Planned anew, a shard has no more than its share.
    let again = plan.shards[1].again(&settings, shard(images(&["x.png", "y.png"]), &[]));
    assert_eq!(again.work().count(), 1);
    settings.choose.limit = None;
    let again = plan.shards[1].again(&settings, shard(images(&["x.png", "y.png"]), &[]));
    assert_eq!(again.work().count(), 2);
}

#[test]
fn what_is_chosen() {
    let big = |name: &str, len: u64, modified: i128| {
        let mut image = found(name);
        (image.identity.len, image.identity.modified_ns) = (len, modified);
        image
    };
    let check = |change: fn(&mut ChooseSettings), expected: &[&str]| {
        let mut settings = Settings::default();
        change(&mut settings.choose);
        let images = vec![
            big("a.png", 10, 1_000_000_000),
            big("b.jpg", 20, 2_000_000_000),
            big("C.webp", 30, 3_000_000_000),
        ];
        let plan = ShardPlan::new(&settings, shard(images, &[]), None);
        let chosen = plan
            .work()
            .map(|i| plan.inventory.images[i].name.to_str().expect("text").to_owned());
        assert_eq!(chosen.collect::<Vec<_>>(), expected, "{:?}", settings.choose);
    };
    check(|_| {}, &["a.png", "b.jpg", "C.webp"]);
    check(|c| c.include = vec!["*.PNG".into(), "c.*".into()], &["a.png", "C.webp"]);
    check(|c| c.exclude = vec!["?.jpg".into()], &["a.png", "C.webp"]);
    check(
        |c| (c.include, c.exclude) = (vec!["*".into()], vec!["a*".into()]),
        &["b.jpg", "C.webp"],
    );
    check(|c| c.include = vec!["shard_00000/[ab].*".into()], &["a.png", "b.jpg"]);
    check(|c| c.include = vec!["shard_00001/*".into()], &[]);
    check(|c| c.min_size = Some(20), &["b.jpg", "C.webp"]);
    check(|c| c.max_size = Some(20), &["a.png", "b.jpg"]);
    check(|c| c.newer_than = time::OffsetDateTime::from_unix_timestamp(2).ok(), &["C.webp"]);
    // A glob that is none chooses nothing, in case nobody asked `Settings::problems`.
    check(|c| c.exclude = vec!["[".into()], &[]);
    // What shards were chosen is no matter here.
    check(
        |c| (c.slice, c.shards) = (Some(Slice { index: 1, of: 9 }), vec!["x".into()]),
        &["a.png", "b.jpg", "C.webp"],
    );
}

fn name() -> impl Strategy<Value = String> {
    let stem = prop::sample::select(vec![
        "a", "A", "a-2", "A-3", "a-2-2", "small", "b", "\u{e9}", "e\u{301}", "\u{c9}", "\u{130}",
    ]);
    let ending = prop::sample::select(vec![".png", ".PNG", ".jpg", ".JPG", ".jpeg", ".webp", ".bmp", "", ".png.jpg"]);
    (stem, ending).prop_map(|(stem, ending)| format!("{stem}{ending}"))
}

fn other() -> impl Strategy<Value = String> {
    let ending = prop::sample::select(vec![".txt", ".json", ".jpg", ".JPG", "-2.jpg", ".png.json", ".npz"]);
    (name(), ending).prop_map(|(name, ending)| {
        let stem = name.split('.').next().unwrap_or_default().to_owned();
        format!("{stem}{ending}")
    })
}

fn policy() -> impl Strategy<Value = Collisions> {
    prop_oneof![Just(Collisions::Block), Just(Collisions::Skip), Just(Collisions::Number)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_name_is_given_twice(
        images in prop::collection::btree_set(name(), 0..14),
        others in prop::collection::btree_set(other(), 0..6),
        policy in policy(),
        seed in any::<u64>(),
    ) {
        let others: Vec<&str> = others.iter().map(String::as_str).filter(|o| !images.contains(*o)).collect();
        let mut names: Vec<&str> = images.iter().map(String::as_str).collect();
        let plan_one = plan(policy, &names, &others);
        let blocked = plan_one.blocking().count() > 0;
        prop_assert_eq!(blocked, policy == Collisions::Block && !plan_one.collisions.is_empty());

        // No two outputs are one name, and none is the name of a file that stays.
        let fold = |name: &str| folded(OsStr::new(name));
        let all = outputs(&plan_one);
        let mut seen = BTreeSet::new();
        if !blocked {
            let stay = all.iter().filter(|(_, output)| output.is_empty()).map(|(name, _)| name.as_str());
            let stay: BTreeSet<_> = stay.chain(others.iter().copied()).map(fold).collect();
            for output in all.values().filter(|o| !o.is_empty()) {
                prop_assert!(seen.insert(fold(output)), "{} twice in {:?}", output, all);
                prop_assert!(!stay.contains(&fold(output)), "{} is taken in {:?} {:?}", output, all, others);
            }
        }
        // Nobody is touched who is in no collision, and no collision is kept quiet.
        let listed: BTreeSet<&str> = plan_one.collisions.iter().flat_map(|c| &c.images).filter_map(|n| n.to_str()).collect();
        for (image, action) in plan_one.inventory.images.iter().zip(&plan_one.actions) {
            let name = image.name.to_str().expect("text");
            let own = action.output().is_some_and(|o| *o == names::output_name(&image.name));
            let small = *action == Action::LeaveAlone(Why::SmallEnough);
            prop_assert!(own || small || listed.contains(name), "{}: {:?}", name, action);
        }
        // A sidecar keeps one of its images, or all of them stay.
        if policy == Collisions::Number {
            for (_, of) in plan_one.inventory.sidecars.files() {
                let parted = |i: usize| plan_one.actions[i].output().is_some_and(|o| {
                    fold(o.to_str().expect("text")) != folded(&names::output_name(&plan_one.inventory.images[i].name))
                });
                let of: Vec<usize> = of.collect();
                prop_assert!(!of.iter().all(|i| parted(*i)), "{:?} {:?}", all, others);
            }
        }

        // The order in which files were found doesn't matter.
        let mut state = seed | 1;
        for i in (1..names.len()).rev() {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            names.swap(i, (state % (i as u64 + 1)) as usize);
        }
        let plan_two = plan(policy, &names, &others);
        prop_assert_eq!(outputs(&plan_two), all);
        type Fates = BTreeMap<OsString, Option<OsString>>;
        let sets = |plan: &ShardPlan| -> BTreeSet<(Vec<u8>, Fates)> {
            plan.collisions.iter().map(|c| {
                let names: Vec<Option<OsString>> = match &c.resolution {
                    Resolution::Numbered(names) => names.clone(),
                    _ => vec![None; c.images.len()],
                };
                (folded(&c.output), c.images.iter().cloned().zip(names).collect())
            }).collect()
        };
        prop_assert_eq!(sets(&plan_one), sets(&plan_two));
    }
}
