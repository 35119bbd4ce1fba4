//! The real disk, in temporary folders.

use super::*;

const CAP: u64 = 1 << 20;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn put(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).expect("a file to test with");
}

fn trouble<T>(result: Result<T, DiskError>) -> Trouble {
    match result {
        Ok(_) => panic!("this must fail"),
        Err(error) => error.kind(),
    }
}

#[test]
fn writes_what_it_reads_back() {
    let dir = folder();
    let path = dir.path().join("a");
    let mut new = RealDisk.create_new(&path).expect("create");
    new.write_all(b"one ").expect("write");
    new.write_all(b"two").expect("write");
    new.sync().expect("sync");
    let made = new.identity().expect("identity");
    drop(new);
    let open = RealDisk.open(&path).expect("open");
    assert_eq!(open.read_all(CAP).expect("read"), b"one two");
    assert_eq!(open.read_all(7).expect("exactly the cap"), b"one two");
    assert_eq!(open.read_back(7).expect("from the drive"), b"one two");
    assert_eq!(trouble(open.read_back(6)), Trouble::Io);
    assert_eq!(trouble(open.read_all(6)), Trouble::Io);
    let mut part = [0u8; 10];
    assert_eq!(open.read_at(4, &mut part).expect("read"), 3);
    assert_eq!(&part[..3], b"two");
    assert!(RealDisk.stat(&path).expect("stat").expect("there").same_file(&made));
    assert_eq!(trouble(RealDisk.create_new(&path)), Trouble::Exists);
    let mut more = RealDisk.open_append(&path).expect("append");
    more.write_all(b"!").expect("write");
    drop(more);
    assert_eq!(std::fs::read(&path).expect("read"), b"one two!");
}

#[test]
fn rename_without_replacing_never_replaces() {
    let dir = folder();
    let (a, b, c) = (dir.path().join("a"), dir.path().join("b"), dir.path().join("c"));
    put(&a, b"a");
    put(&b, b"b");
    assert_eq!(trouble(RealDisk.rename_noreplace(&a, &b)), Trouble::Exists);
    assert_eq!(
        (std::fs::read(&a).expect("a"), std::fs::read(&b).expect("b")),
        (b"a".to_vec(), b"b".to_vec())
    );
    RealDisk.rename_noreplace(&a, &c).expect("a free name");
    assert_eq!(RealDisk.stat(&a).expect("stat"), None);
    RealDisk.rename_over(&c, &b).expect("over");
    assert_eq!(std::fs::read(&b).expect("b"), b"a");
    assert_eq!(trouble(RealDisk.hard_link(&b, &b)), Trouble::Exists);
    assert_eq!(trouble(RealDisk.rename_noreplace(&a, &c)), Trouble::Vanished);
}

#[test]
fn lists_what_is_there() {
    let dir = folder();
    put(&dir.path().join("file"), b"x");
    RealDisk.create_dir(&dir.path().join("folder")).expect("folder");
    let mut found = RealDisk.entries(dir.path()).expect("list");
    found.sort_by(|a, b| a.name.cmp(&b.name));
    let kinds: Vec<_> = found.iter().map(|entry| (entry.name.to_str(), entry.kind)).collect();
    assert_eq!(kinds, [(Some("file"), EntryKind::File), (Some("folder"), EntryKind::Folder)]);
    assert!(RealDisk.is_folder(&dir.path().join("folder")).expect("look"));
    assert!(!RealDisk.is_folder(&dir.path().join("file")).expect("look"));
    assert!(!RealDisk.is_folder(&dir.path().join("nothing")).expect("look"));
    RealDisk.sync_dir(dir.path()).expect("sync");
    RealDisk.remove_dir(&dir.path().join("folder")).expect("remove");
}

#[test]
fn a_lock_is_held_once() {
    let dir = folder();
    let path = dir.path().join("lock");
    let mut first = RealDisk.lock(&path).expect("lock").expect("free");
    first.describe("long text").expect("describe");
    first.describe("me").expect("describe");
    assert_eq!(std::fs::read(&path).expect("readable"), b"me");
    assert!(RealDisk.lock(&path).expect("lock").is_none());
    drop(first);
    let second = RealDisk.lock(&path).expect("lock").expect("free again");
    // Its holder removes it: whoever comes next must not share a file without a name.
    RealDisk.remove_file(&path).expect("remove");
    let third = RealDisk.lock(&path).expect("lock");
    // Before Windows 10 1809, on FAT and under wine the name goes when the last handle does: still held, then.
    assert!(third.is_some() || cfg!(windows), "a new file");
    drop((second, third));
}

#[test]
fn the_drive_is_asked_without_failing() {
    let dir = folder();
    let _ = drive(dir.path());
    assert!(free_space(dir.path()).is_none_or(|bytes| bytes > 0));
    assert_eq!(free_space(&dir.path().join("nothing")), None);
}

#[cfg(unix)]
mod unix {
    use super::*;
    #[cfg(target_os = "linux")]
    use std::os::unix::fs::symlink;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    // What a client of Samba locks is a record to the kernel, which `flock` alone does not see.
    #[cfg(target_os = "linux")]
    #[test]
    fn clients_of_a_file_server_on_this_machine_are_kept_out_and_keep_us_out() {
        use super::super::unix::lock_for_servers;
        let dir = folder();
        let path = dir.path().join("lock");
        put(&path, b"");
        let server = || std::fs::OpenOptions::new().read(true).write(true).open(&path).expect("opened");
        let client = server();
        assert!(lock_for_servers(&client).expect("lock"), "free");
        assert!(RealDisk.lock(&path).expect("lock").is_none(), "a client holds it");
        drop(client);
        let held = RealDisk.lock(&path).expect("lock").expect("free again");
        assert!(!lock_for_servers(&server()).expect("lock"), "we hold it");
        // Another handle of this process, opened and closed meanwhile, lets go of nothing.
        drop(server());
        assert!(!lock_for_servers(&server()).expect("lock"), "we still hold it");
        drop(held);
        assert!(lock_for_servers(&server()).expect("lock"), "nobody does");
    }

    // Pipes are made by `mknod`, which not every Unix offers.
    #[cfg(target_os = "linux")]
    #[test]
    fn only_regular_files_are_opened() {
        let dir = folder();
        let target = dir.path().join("target");
        put(&target, b"secret");
        let link = dir.path().join("link.png");
        symlink(&target, &link).expect("symlink");
        let pipe = dir.path().join("pipe.png");
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).expect("mkfifo");
        let _socket = std::os::unix::net::UnixListener::bind(dir.path().join("socket")).expect("socket");
        for name in ["link.png", "pipe.png", "socket", "."] {
            let path = dir.path().join(name);
            assert_eq!(trouble(RealDisk.open(&path)), Trouble::NotRegular, "{name}");
            assert_eq!(trouble(RealDisk.stat(&path)), Trouble::NotRegular, "{name}");
            assert_eq!(trouble(RealDisk.open_append(&path)), Trouble::NotRegular, "append {name}");
        }
        assert_eq!(trouble(RealDisk.create_new(&link)), Trouble::Exists);
        assert_eq!(trouble(RealDisk.lock(&link)), Trouble::NotRegular);
        assert_eq!(std::fs::read(&target).expect("untouched"), b"secret");
    }

    #[test]
    fn attributes_carry_over_without_special_powers() {
        let dir = folder();
        let (old, new) = (dir.path().join("old"), dir.path().join("new"));
        put(&old, b"x");
        std::fs::set_permissions(&old, std::fs::Permissions::from_mode(0o4640)).expect("chmod");
        let file = std::fs::File::open(&old).expect("open");
        let time = std::time::UNIX_EPOCH + std::time::Duration::new(1_000_000_000, 123_456_789);
        file.set_times(std::fs::FileTimes::new().set_modified(time)).expect("times");
        let attributes = RealDisk.open(&old).expect("open").attributes().expect("attributes");
        assert_eq!(attributes.owner.expect("unix").mode, 0o4640);
        let mut made = RealDisk.create_new(&new).expect("create");
        assert_eq!(std::fs::metadata(&new).expect("stat").mode() & 0o7777, 0o600);
        made.write_all(b"y").expect("write");
        made.set_attributes(&attributes).expect("attributes");
        drop(made);
        let found = std::fs::metadata(&new).expect("stat");
        assert_eq!(found.mode() & 0o7777, 0o640);
        assert_eq!(found.modified().expect("mtime"), time);
    }

    #[test]
    fn a_foreign_group_gains_nothing() {
        if rustix::process::geteuid().is_root() {
            eprintln!("skipped: root can give files to every group");
            return;
        }
        let dir = folder();
        let path = dir.path().join("x");
        let mut made = RealDisk.create_new(&path).expect("create");
        let owner = Some(Owner {
            mode: 0o664,
            uid: 0,
            gid: 0,
        });
        let attributes = Attributes {
            owner,
            readonly: false,
            modified_ns: 0,
            accessed_ns: 0,
            extended: Extended::Unknown,
        };
        made.set_attributes(&attributes).expect("best effort");
        assert_eq!(std::fs::metadata(&path).expect("stat").mode() & 0o7777, 0o644);
    }

    #[test]
    fn the_fallback_by_links_renames_too() {
        let dir = folder();
        let (a, b) = (dir.path().join("a"), dir.path().join("b"));
        put(&a, b"a");
        super::super::real::rename_by_link(&RealDisk, &a, &b).expect("rename");
        assert_eq!((a.exists(), std::fs::read(&b).expect("b")), (false, b"a".to_vec()));
        put(&a, b"other");
        assert_eq!(trouble(super::super::real::rename_by_link(&RealDisk, &a, &b)), Trouble::Exists);
        assert_eq!(std::fs::read(&a).expect("a"), b"other");
    }
}

#[cfg(windows)]
mod windows {
    use super::*;
    use std::fs::{File, OpenOptions};
    use std::os::windows::fs::{MetadataExt, OpenOptionsExt};
    use std::time::Duration;

    /// Opens it as a program does that lets others do only this with it: `FILE_SHARE_READ` is 1, `FILE_SHARE_WRITE` 2, `FILE_SHARE_DELETE` 4.
    fn held(path: &Path, others_may: u32) -> File {
        OpenOptions::new().read(true).share_mode(others_may).open(path).expect("held")
    }

    /// The windows of the folder would be another one without its last dot, and so would the files in it.
    #[test]
    fn names_are_taken_to_the_letter() {
        let dir = folder();
        let root = resolve(dir.path()).expect("real");
        assert!(!root.to_string_lossy().starts_with(r"\\?\"), "{}", root.display());
        let names = [
            "a.png",
            "a.png.",
            "a.png ",
            "aux.png",
            "CON",
            "nul.jpg",
            "com1.webp",
            " lead.png",
            "lpt9",
        ];
        for name in names {
            let mut new = RealDisk.create_new(&root.join(name)).unwrap_or_else(|error| panic!("{error}"));
            new.write_all(name.as_bytes()).expect("write");
        }
        let mut listed: Vec<_> = RealDisk.entries(&root).expect("list").into_iter().map(|entry| entry.name).collect();
        listed.sort();
        let mut expected = names.map(std::ffi::OsString::from);
        expected.sort();
        assert_eq!(listed, expected);
        for name in names {
            let path = root.join(name);
            assert_eq!(RealDisk.open(&path).expect(name).read_all(CAP).expect(name), name.as_bytes());
            assert_eq!(RealDisk.stat(&path).expect(name).expect(name).len, name.len() as u64);
            let kept = root.join(format!("{name}.orig"));
            RealDisk.rename_noreplace(&path, &kept).expect(name);
            RealDisk.hard_link(&kept, &path).expect(name);
            RealDisk.remove_file(&kept).expect(name);
        }
        let inner = root.join("aux.");
        RealDisk.create_dir(&inner).expect("folder");
        assert_eq!(resolve_folder(&inner).expect("found"), (inner.clone(), true));
        assert!(!RealDisk.is_folder(&root.join("aux")).expect("look"));
        RealDisk.remove_dir(&inner).expect("removed");
    }

    #[test]
    fn paths_may_be_longer_than_260() {
        let dir = folder();
        let mut path = resolve(dir.path()).expect("real");
        for _ in 0..5 {
            path.push("n".repeat(100));
            RealDisk.create_dir(&path).expect("folder");
        }
        let (one, two) = (path.join("one.png"), path.join("two.png"));
        RealDisk.create_new(&one).expect("create").write_all(b"x").expect("write");
        RealDisk.rename_noreplace(&one, &two).expect("rename");
        assert_eq!(RealDisk.open(&two).expect("open").read_all(CAP).expect("read"), b"x");
        assert!(free_space(&path).is_some());
        let _ = drive(&path);
        assert_eq!(resolve_folder(&path).expect("found"), (path.clone(), true));
        RealDisk.remove_file(&two).expect("remove");
    }

    #[test]
    fn who_holds_a_file_for_a_moment_is_waited_for() {
        let dir = folder();
        let (path, other) = (dir.path().join("a"), dir.path().join("b"));
        put(&path, b"x");
        for step in 0..3 {
            let holder = held(&path, 0);
            let lets_go = std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(60));
                drop(holder);
            });
            match step {
                0 => assert_eq!(RealDisk.open(&path).expect("open").read_all(CAP).expect("read"), b"x"),
                1 => {
                    RealDisk.rename_noreplace(&path, &other).expect("rename");
                    RealDisk.rename_noreplace(&other, &path).expect("back");
                }
                _ => RealDisk.remove_file(&path).expect("remove"),
            }
            lets_go.join().expect("let go");
        }
        assert_eq!(RealDisk.stat(&path).expect("stat"), None);
    }

    #[test]
    fn who_holds_a_file_for_long_is_told_of() {
        let dir = folder();
        let (path, other) = (dir.path().join("a.png"), dir.path().join("b"));
        put(&path, b"x");
        let holder = held(&path, 1);
        for error in [
            RealDisk.rename_noreplace(&path, &other).expect_err("held"),
            RealDisk.remove_file(&path).expect_err("held"),
        ] {
            assert_eq!(error.kind(), Trouble::Busy, "{error:?}");
            assert!(error.to_string().contains("a.png: something else is using it"), "{error}");
        }
        assert_eq!(RealDisk.open(&path).expect("reading is allowed").read_all(CAP).expect("read"), b"x");
        assert!(RealDisk.stat(&path).expect("looking always works").is_some());
        drop(holder);
        let alone = held(&path, 0);
        assert_eq!(trouble(RealDisk.open(&path)), Trouble::Busy);
        assert!(RealDisk.stat(&path).expect("looking always works").is_some());
        drop(alone);
        RealDisk.rename_noreplace(&path, &other).expect("nobody has it any more");
    }

    #[test]
    fn what_nobody_may_write_can_be_replaced_and_removed() {
        let dir = folder();
        let (old, new) = (dir.path().join("old"), dir.path().join("new"));
        put(&old, b"old");
        put(&new, b"new");
        let mut rights = std::fs::metadata(&old).expect("stat").permissions();
        rights.set_readonly(true);
        std::fs::set_permissions(&old, rights.clone()).expect("read-only");
        RealDisk.rename_over(&new, &old).expect("over");
        assert_eq!(std::fs::read(&old).expect("read"), b"new");
        std::fs::set_permissions(&old, rights).expect("read-only");
        RealDisk.open(&old).expect("open").sync().expect("nothing to sync");
        // Held: it is refused, and stays read-only.
        let holder = held(&old, 1);
        assert!(RealDisk.remove_file(&old).is_err());
        assert!(std::fs::metadata(&old).expect("stat").permissions().readonly());
        drop(holder);
        RealDisk.rename_noreplace(&old, &new).expect("rename");
        RealDisk.remove_file(&new).expect("remove");
        assert_eq!(RealDisk.stat(&new).expect("stat"), None);
    }

    #[test]
    fn attributes_carry_over() {
        let dir = folder();
        let (old, new) = (dir.path().join("old"), dir.path().join("new"));
        put(&old, b"x");
        let time = std::time::UNIX_EPOCH + Duration::new(1_000_000_000, 123_456_700);
        let file = File::options().write(true).open(&old).expect("open");
        file.set_times(std::fs::FileTimes::new().set_modified(time)).expect("times");
        let mut rights = file.metadata().expect("stat").permissions();
        rights.set_readonly(true);
        file.set_permissions(rights).expect("read-only");
        drop(file);
        let attributes = RealDisk.open(&old).expect("open").attributes().expect("attributes");
        assert!(attributes.readonly);
        let mut made = RealDisk.create_new(&new).expect("create");
        made.write_all(b"y").expect("write");
        made.set_attributes(&attributes).expect("attributes");
        made.sync().expect("sync");
        drop(made);
        let found = std::fs::metadata(&new).expect("stat");
        assert!(found.permissions().readonly());
        assert_eq!(found.modified().expect("mtime"), time);
        assert_eq!(
            RealDisk.stat(&new).expect("stat").expect("there").modified_ns,
            RealDisk.stat(&old).expect("stat").expect("there").modified_ns
        );
    }

    #[test]
    fn a_folder_is_no_regular_file() {
        let dir = folder();
        assert_eq!(trouble(RealDisk.open(dir.path())), Trouble::NotRegular);
        assert_eq!(trouble(RealDisk.stat(dir.path())), Trouble::NotRegular);
        assert_eq!(trouble(RealDisk.lock(dir.path())), Trouble::NotRegular);
    }

    #[test]
    fn our_folder_is_hidden() {
        const HIDDEN: u32 = 2;
        let dir = folder();
        for (name, hidden) in [(".shardpress", HIDDEN), ("originals", 0)] {
            let path = dir.path().join(name);
            RealDisk.create_dir(&path).expect("folder");
            assert_eq!(std::fs::metadata(&path).expect("stat").file_attributes() & HIDDEN, hidden, "{name}");
        }
    }
}
