//! Scans of real folders with files drawn by code.

use std::fs;

use super::*;
use crate::engine::disk::RealDisk;
use crate::engine::settings::Format;

fn pool() -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(2).build().expect("threads")
}

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = png::Encoder::new(&mut bytes, width, height);
    let mut writer = encoder.write_header().expect("header");
    writer.write_image_data(&vec![7; (width * height) as usize]).expect("pixels");
    drop(writer);
    bytes
}

#[test]
fn images_strangers_and_oddities() {
    let dir = tempfile::tempdir().expect("tempdir");
    let root = dir.path();
    for (name, bytes) in [
        ("a10.png", png(10, 4)),
        ("a2.jpg", png(3, 3)),
        ("noending", png(5, 5)),
        ("README", b"hello".to_vec()),
        ("a2.json", b"{}".to_vec()),
        ("photo.cr2", png(9, 9)),
        ("broken.png", b"<html>".to_vec()),
        ("empty.webp", Vec::new()),
        (".hidden.png", png(2, 2)),
        (".shardpress-x.tmp", png(2, 2)),
    ] {
        fs::write(root.join(name), bytes).expect("write");
    }
    fs::create_dir(root.join("below.png")).expect("folder");
    #[cfg(unix)]
    std::os::unix::fs::symlink(root.join("a10.png"), root.join("link.png")).expect("link");
    let found = scan(&RealDisk, root, &pool()).expect("scan");
    let names: Vec<_> = found.images.iter().map(|i| i.name.to_str().expect("utf-8")).collect();
    assert_eq!(names, ["a2.jpg", "a10.png", "broken.png", "empty.webp", "noending"]);
    let Content::Image(header) = &found.images[0].content else {
        panic!("by content")
    };
    assert_eq!((header.format, header.size.width), (Format::Png, 3));
    for (index, code) in [(2, "not-an-image"), (3, "empty")] {
        let Content::Refused(problem) = &found.images[index].content else {
            panic!("refused")
        };
        assert_eq!(problem.code, code);
        assert!(problem.message.contains("left untouched"), "{problem:?}");
    }
    // README, the sidecar, the raw photograph and the hidden picture; ours is not counted.
    assert_eq!(found.other_files, 4);
    for name in ["README", "a2.json", "photo.cr2", ".hidden.png", "below.png"] {
        assert!(found.occupied.iter().any(|n| n == name), "{name}");
    }
    #[cfg(unix)]
    assert!(
        found.notices.iter().any(|n| n.message.contains("symbolic link")),
        "{:?}",
        found.notices
    );
}

#[test]
#[cfg(unix)]
fn many_links_are_told_in_a_few_words() {
    let dir = tempfile::tempdir().expect("tempdir");
    for number in 0..100 {
        std::os::unix::fs::symlink("/nowhere", dir.path().join(format!("{number:03}.png"))).expect("link");
    }
    let found = scan(&RealDisk, dir.path(), &pool()).expect("scan");
    assert_eq!(found.notices.len(), TOLD_EACH + 1);
    assert!(
        found.notices[0].message.starts_with("84 more names"),
        "{}",
        found.notices[0].message
    );
    assert!(
        found.notices[1].message.starts_with("000.png is a symbolic link"),
        "{}",
        found.notices[1].message
    );
}

#[test]
fn candidates_are_the_folder_and_its_direct_subfolders_in_natural_order() {
    let dir = tempfile::tempdir().expect("tempdir");
    let root = crate::engine::disk::resolve(dir.path()).expect("real");
    for name in ["s10", "s9", "s9/deep", ".hidden", ".shardpress"] {
        fs::create_dir(root.join(name)).expect("folder");
    }
    fs::write(root.join("file"), b"x").expect("write");
    let names = |roots: &[PathBuf], recursive| -> Vec<String> {
        let found = candidates(&RealDisk, roots, recursive).expect("candidates");
        found
            .iter()
            .map(|p| p.strip_prefix(&root).expect("below").display().to_string().replace('\\', "/"))
            .collect()
    };
    assert_eq!(names(std::slice::from_ref(&root), false), ["", "s9", "s10"]);
    assert_eq!(names(std::slice::from_ref(&root), true), ["", "s9", "s9/deep", "s10"]);
    assert_eq!(names(&[root.join("s9"), root.join("s10/../s9")], false), ["s9", "s9/deep"]);
    assert_eq!(
        names(&[root.clone(), root.join("s9")], false),
        ["", "s9", "s10", "s9/deep"],
        "a root below a root"
    );
    for wrong in ["nowhere", "file"] {
        let error = candidates(&RealDisk, &[root.join(wrong)], false).expect_err(wrong);
        assert!(
            matches!(error, ScanError::NoFolder { .. }) && error.to_string().contains(wrong),
            "{error}"
        );
    }
}
