//! The rule for each image and for names, on inventories made by hand: the plan touches no disk.

use std::path::PathBuf;

use super::*;
use crate::engine::disk::Identity;
use crate::engine::metrics::{Drive, DriveKind};
use crate::engine::pixels::Orientation;
use crate::engine::sidecars::{Other, pair};

pub(super) fn header(format: Format, width: u32, height: u32) -> Header {
    Header {
        format,
        size: Size { width, height },
        orientation: Orientation::Upright,
        animated: false,
        transparent: false,
        samples: 3,
        bits: 8,
        multi_pass: false,
        coded_sixteenths: 0,
    }
}

pub(super) fn image(name: &str, content: Content) -> FoundImage {
    FoundImage {
        name: name.into(),
        identity: Identity {
            device: 1,
            inode: 1,
            len: 1000,
            modified_ns: 0,
            links: 1,
        },
        content,
    }
}

pub(super) fn shard(images: Vec<FoundImage>, occupied: &[&str]) -> Arc<Inventory> {
    let files: Vec<Other<'_>> = occupied
        .iter()
        .map(|name| Other {
            name: name.as_ref(),
            is_file: true,
        })
        .collect();
    let sidecars = pair(images.iter().map(|i| i.name.as_os_str()), &files);
    Arc::new(Inventory {
        path: PathBuf::from("/library/shard_00000"),
        drive: Drive {
            kind: DriveKind::Unknown,
            file_system: String::new(),
        },
        images,
        occupied: occupied.iter().map(Into::into).collect(),
        sidecars,
        other_files: 0,
        other_bytes: 0,
        notices: Vec::new(),
    })
}

#[test]
fn what_happens_to_an_image() {
    use Format::{Bmp, Gif, Jpeg, Png, Tiff, Webp};
    let defaults = Settings::default();
    let mut upscale = Settings::default();
    upscale.picture.upscale = true;
    let mut tiff = Settings::default();
    tiff.choose.also = vec![Tiff, Gif];
    let mut multiples = Settings::default();
    multiples.picture.multiple_of = 64;
    let mut pad = Settings::default();
    pad.picture.fit = crate::engine::settings::Fit::Box { width: 512, height: 256 };
    pad.picture.shape = crate::engine::settings::Shape::Pad;
    let mut webp = Settings::default();
    webp.choose.convert = vec![Png, Webp];
    for (settings, format, width, height, expected) in [
        (&defaults, Jpeg, 513, 1, Ok(Why::AboveTarget)),
        (&defaults, Jpeg, 512, 512, Err(Why::SmallEnough)),
        (&defaults, Jpeg, 1, 513, Ok(Why::AboveTarget)),
        (&defaults, Webp, 512, 10, Err(Why::SmallEnough)),
        (&defaults, Bmp, 2000, 10, Ok(Why::AboveTarget)),
        (&defaults, Bmp, 20, 10, Err(Why::SmallEnough)),
        (&defaults, Png, 512, 512, Ok(Why::Converted)),
        (&defaults, Png, 1, 1, Ok(Why::Converted)),
        (&defaults, Png, 4000, 1, Ok(Why::AboveTarget)),
        (&defaults, Tiff, 4000, 4000, Err(Why::NotRequested)),
        (&tiff, Tiff, 4000, 4000, Ok(Why::AboveTarget)),
        (&tiff, Gif, 100, 100, Err(Why::SmallEnough)),
        (&upscale, Jpeg, 100, 50, Ok(Why::BelowTargetUpscaled)),
        (&upscale, Jpeg, 512, 50, Err(Why::SmallEnough)),
        (&webp, Webp, 100, 50, Ok(Why::Converted)),
        (&multiples, Jpeg, 512, 300, Ok(Why::OtherShape)),
        (&multiples, Jpeg, 513, 300, Ok(Why::AboveTarget)),
        (&multiples, Jpeg, 512, 256, Err(Why::SmallEnough)),
        (&multiples, Png, 512, 256, Ok(Why::Converted)),
        (&multiples, Jpeg, 64, 10, Err(Why::SmallEnough)),
        (&pad, Jpeg, 200, 200, Ok(Why::OtherShape)),
        (&pad, Jpeg, 200, 300, Ok(Why::AboveTarget)),
        (&pad, Jpeg, 200, 100, Err(Why::SmallEnough)),
    ] {
        let inventory = shard(vec![image("a.x", Content::Image(header(format, width, height)))], &[]);
        let action = &ShardPlan::new(settings, inventory, None).actions[0];
        match (action, expected) {
            (Action::Shrink { why, output }, Ok(wanted)) => assert_eq!((*why, output.to_str()), (wanted, Some("a.jpg"))),
            (Action::LeaveAlone(why), Err(wanted)) => assert_eq!(*why, wanted, "{format:?} {width}x{height}"),
            other => panic!("{format:?} {width}x{height}: {other:?}"),
        }
    }
}

#[test]
fn animated_and_foreign_images_are_left_alone_and_refused_ones_say_why() {
    let animated = Header {
        animated: true,
        ..header(Format::Webp, 4000, 4000)
    };
    let problem = Problem {
        code: "empty",
        path: "a".into(),
        message: "m".into(),
        advice: String::new(),
    };
    let inventory = shard(
        vec![
            image("a.webp", Content::Image(animated)),
            image("b.avif", Content::Foreign("AVIF")),
            image("c.jpg", Content::Refused(Box::new(problem.clone()))),
            image("d.png", Content::Image(header(Format::Png, 60_000, 60_000))),
            image("e.jpg", Content::Foreign("AVIF")),
            image("f.JPG", Content::Image(header(Format::Tiff, 600, 600))),
        ],
        &[],
    );
    let plan = ShardPlan::new(&Settings::default(), inventory, None);
    assert_eq!(plan.actions[0], Action::LeaveAlone(Why::Animated));
    assert_eq!(plan.actions[1], Action::LeaveAlone(Why::NotRequested));
    assert_eq!(plan.actions[2], Action::Refuse(Box::new(problem)));
    let Action::Refuse(over) = &plan.actions[3] else {
        panic!("{:?}", plan.actions[3])
    };
    assert_eq!(over.code, "over-limit");
    assert!(over.advice.contains("--max-pixels"), "{over:?}");
    for index in [4, 5] {
        let Action::Refuse(disguised) = &plan.actions[index] else {
            panic!("{:?}", plan.actions[index])
        };
        assert_eq!(disguised.code, "other-format");
    }
    let totals = plan.totals();
    assert_eq!((totals.images, totals.work_images, totals.left_alone, totals.refused), (6, 0, 2, 4));
}

#[test]
fn a_name_that_has_no_room_for_its_ending_is_refused() {
    let long = "x".repeat(252);
    let inventory = shard(vec![image(&long, Content::Image(header(Format::Png, 600, 600)))], &[]);
    let plan = ShardPlan::new(&Settings::default(), inventory, None);
    let Action::Refuse(problem) = &plan.actions[0] else {
        panic!("{:?}", plan.actions)
    };
    assert_eq!(problem.code, "name-too-long");
}

#[test]
fn names_that_more_than_one_file_wants() {
    let big = |name| image(name, Content::Image(header(Format::Png, 600, 600)));
    let small_jpeg = |name| image(name, Content::Image(header(Format::Jpeg, 60, 60)));
    for (images, occupied, expected) in [
        (vec![big("a.png"), big("b.png")], &["a.json", "b.txt"][..], 0),
        (vec![big("a.png"), big("a.webp")], &[], 1),
        (vec![big("a.png"), big("A.PNG")], &[], 1),
        (vec![big("\u{e9}.png"), big("e\u{301}.webp")], &[], 1),
        (vec![big("a.png"), small_jpeg("a.jpg")], &[], 1),
        (vec![big("a.png"), small_jpeg("a.jpeg")], &[], 0),
        (vec![big("a.png"), small_jpeg("A.JPG")], &[], 1),
        (vec![big("a.png")], &["a.jpg"], 1),
        (vec![big("a.png")], &["a.JPG"], 1),
        // Same name in and out is no collision, whatever the content.
        (vec![big("a.jpg")], &[], 0),
        // Files that stay claim only the name they have.
        (vec![small_jpeg("a.webp"), small_jpeg("a.bmp"), big("a.png")], &[], 0),
        (vec![big("a.png"), big("a.bmp"), big("a.webp"), big("b.png"), big("b.bmp")], &[], 2),
    ] {
        let names: Vec<_> = images.iter().map(|i: &FoundImage| i.name.clone()).collect();
        let plan = ShardPlan::new(&Settings::default(), shard(images, occupied), None);
        assert_eq!(plan.collisions.len(), expected, "{names:?} {occupied:?}: {:?}", plan.collisions);
    }
}

#[test]
fn interrupted_shards_do_not_block_before_they_are_recovered() {
    let images = || vec![image("a.png", Content::Image(header(Format::Png, 600, 600)))];
    let inventories = [
        (shard(images(), &["a.jpg"]), Some("run".to_owned())),
        (shard(images(), &["a.jpg"]), None),
    ];
    let plan = Plan::new(Settings::default(), inventories, Vec::new());
    assert_eq!(plan.blocking().count(), 1);
    assert_eq!(
        Plan::new(Settings::default(), [(shard(Vec::new(), &["x"]), None)], Vec::new())
            .shards
            .len(),
        0
    );
}

#[test]
fn only_names_that_stay_keep_their_space() {
    let names = ["a.png", "b.png", "c.png"];
    let images = names.map(|name| image(name, Content::Image(header(Format::Png, 900, 900))));
    let mut found = (*shard(images.to_vec(), &[])).clone();
    for (image, (inode, links)) in found.images.iter_mut().zip([(7, 2), (7, 2), (8, 3)]) {
        image.identity.device = 1;
        image.identity.inode = inode;
        image.identity.links = links;
        image.identity.len = 1_500_000;
    }
    let plan = Plan::new(Settings::default(), [(Arc::new(found.clone()), None)], Vec::new());
    assert_eq!(
        plan.unfreed(),
        Unfreed {
            images: 1,
            bytes: 1_500_000
        }
    );
    let said = plan.unfreed_notice().expect("a remark").message;
    assert!(
        said.contains("1 image with work has other names") && said.contains("1.5 MB will not be freed"),
        "{said}"
    );
    found.images[2].identity.links = 1;
    let plan = Plan::new(Settings::default(), [(Arc::new(found), None)], Vec::new());
    assert_eq!((plan.unfreed(), plan.unfreed_notice()), (Unfreed::default(), None));
}
