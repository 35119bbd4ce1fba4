//! What to know before a run is started, the worst first: what blocks it, what will be skipped, what stays as it is, and
//! that there is room. A pure function of the plan and of what the drives tell; each finding names its files.

use std::collections::{BTreeMap, HashMap};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use crate::engine::{Action, Collision, Ground, Originals, Plan, Problem, Resolution, ShardPlan, Why};

use super::format::{bytes, count, shown_name, things};

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The run does not begin.
    Blocks,
    /// Some files do not become what was asked for.
    Warning,
    /// Good to know.
    Note,
    /// All is well.
    Fine,
}

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Matter {
    /// More than one file wants a name.
    Collisions,
    /// A folder cannot be looked into.
    Unreadable,
    /// Names in a folder cannot be changed.
    ReadOnly,
    /// A drive has less room than replacements take.
    Space,
    /// A mount calls files saved before they are.
    WeakSync,
    /// An earlier run was interrupted.
    Interrupted,
    /// Files that are no pictures any more.
    Damaged,
    /// Pictures past a limit, with a foreign format under their names, or with names too long.
    Refused,
    /// Replacing a file with several names frees nothing.
    HardLinks,
    /// Latents of images whose size changes.
    StaleLatents,
    /// Files beside the images tell of names that are lost, or follow them.
    Sidecars,
    /// Sidecars that cannot be read.
    UnreadableSidecars,
    /// Sidecars without their images.
    Orphans,
    /// Images without a sidecar, where most have one.
    WithoutSidecar,
    /// Images of more than one frame.
    Animated,
    /// Images of a format that is worked on by request only.
    NotRequested,
    /// There is room, and nothing is in the way.
    Fine,
}

/// A file or folder that a finding is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Concerned {
    /// Shard of the plan, image of its inventory.
    Image(usize, usize),
    /// Shard of the plan, and the name of a file in it.
    File(usize, OsString),
    /// A folder.
    Folder(PathBuf),
}

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How much it matters.
    pub level: Level,
    /// What it is about.
    pub matter: Matter,
    /// How many of what.
    pub headline: String,
    /// What becomes of them.
    pub detail: String,
    /// Which.
    pub files: Vec<Concerned>,
}

/// What to know before the plan is carried out, the worst first.
///
/// `grounds`: of each shard of the plan. `needed`: bytes that the replacements of each shard will take, where they are known.
/// `bytes` says a size as the reader is used to it.
pub fn preflight(plan: &Plan, grounds: &[Ground], needed: Option<&[u64]>, bytes: &dyn Fn(u64) -> String) -> Vec<Finding> {
    let mut list = List::default();
    for (at, shard) in plan.shards.iter().enumerate() {
        list.look_at(at, shard, plan);
    }
    let mut found = list.findings(plan);
    if !plan.unreadable.is_empty() {
        found.push(Finding {
            level: Level::Warning,
            matter: Matter::Unreadable,
            headline: format!("{} cannot be read", things(plan.unreadable.len() as u64, "folder", "folders")),
            detail: "Left as they are".into(),
            files: plan.unreadable.iter().map(|p| Concerned::Folder(p.path.clone())).collect(),
        });
    }
    found.extend(drives(plan, grounds, needed, bytes));
    found.sort_by_key(|finding| (finding.level, finding.matter));
    found
}

/// Files by matter, as they are met.
#[derive(Default)]
struct List {
    collisions: Vec<Collision>,
    colliding: Vec<Concerned>,
    by_matter: BTreeMap<Matter, Vec<Concerned>>,
    /// What is said of the only damaged image, and of the only refused one.
    said: BTreeMap<Matter, String>,
    interrupted: Vec<Concerned>,
    naming_old: u64,
}

impl List {
    fn look_at(&mut self, at: usize, shard: &ShardPlan, plan: &Plan) {
        let inventory = &shard.inventory;
        let will_work = |image: usize| matches!(shard.actions.get(image), Some(Action::Shrink { .. }));
        for (image, action) in shard.actions.iter().enumerate() {
            let matter = match action {
                Action::LeaveAlone(Why::Animated) => Matter::Animated,
                Action::LeaveAlone(Why::NotRequested) => Matter::NotRequested,
                Action::Refuse(problem) => {
                    let matter = refusal(problem);
                    self.said.entry(matter).or_insert_with(|| {
                        let name = inventory.images.get(image).map_or_else(String::new, |i| shown_name(&i.name));
                        format!("{name}: {}", first_sentence(&problem.message))
                    });
                    matter
                }
                Action::Shrink { .. } | Action::LeaveAlone(_) => continue,
            };
            self.by_matter.entry(matter).or_default().push(Concerned::Image(at, image));
        }
        let linked = inventory
            .images
            .iter()
            .enumerate()
            .filter(|(i, found)| found.links() > 1 && will_work(*i));
        let linked: Vec<Concerned> = linked.map(|(image, _)| Concerned::Image(at, image)).collect();
        if !linked.is_empty() {
            self.by_matter.entry(Matter::HardLinks).or_default().extend(linked);
        }
        if shard.interrupted.is_some() {
            self.interrupted.push(Concerned::Folder(inventory.path.clone()));
        }
        let mut by_name: HashMap<&OsStr, usize> = HashMap::new();
        let sidecars = &shard.sidecars;
        if !shard.collisions.is_empty() || !sidecars.images_without.is_empty() {
            by_name = inventory
                .images
                .iter()
                .enumerate()
                .map(|(i, found)| (found.name.as_os_str(), i))
                .collect();
        }
        let image = |name: &OsString| match by_name.get(name.as_os_str()) {
            Some(image) => Concerned::Image(at, *image),
            None => Concerned::File(at, name.clone()),
        };
        for collision in &shard.collisions {
            self.colliding.extend(collision.images.iter().chain(&collision.stays).map(image));
            self.collisions.push(collision.clone());
        }
        let file = |name: &OsString| Concerned::File(at, name.clone());
        let mut add = |matter: Matter, files: Vec<Concerned>| {
            if !files.is_empty() {
                self.by_matter.entry(matter).or_default().extend(files);
            }
        };
        add(Matter::StaleLatents, sidecars.stale_latents.iter().map(file).collect());
        add(Matter::UnreadableSidecars, sidecars.unreadable.iter().map(file).collect());
        add(Matter::Orphans, sidecars.orphans.iter().map(file).collect());
        if plan.settings.sidecars.update {
            add(Matter::WithoutSidecar, sidecars.images_without.iter().map(image).collect());
        }
        self.naming_old += sidecars.naming_old + sidecars.rows_naming_old;
    }

    fn findings(self, plan: &Plan) -> Vec<Finding> {
        let mut found = Vec::new();
        found.extend(colliding(&self.collisions, self.colliding));
        if !self.interrupted.is_empty() {
            found.push(Finding {
                level: Level::Warning,
                matter: Matter::Interrupted,
                headline: format!("{} interrupted", things(self.interrupted.len() as u64, "shard was", "shards were")),
                detail: "Recovered first when you press Shrink".into(),
                files: self.interrupted,
            });
        }
        if self.naming_old > 0 {
            let follow = plan.settings.sidecars.update;
            let (headline, detail) = if follow {
                (things(self.naming_old, "sidecar", "sidecars"), "Named fields will follow")
            } else {
                let verb = if self.naming_old == 1 {
                    "names an old file"
                } else {
                    "name old files"
                };
                (format!("{} {verb}", things(self.naming_old, "sidecar", "sidecars")), "Not changed")
            };
            found.push(Finding {
                level: if follow { Level::Note } else { Level::Warning },
                matter: Matter::Sidecars,
                headline,
                detail: detail.into(),
                files: Vec::new(),
            });
        }
        let freed_not = plan.unfreed();
        let unfreed = format!("{} are not freed: other names keep them", bytes(freed_not.bytes));
        for (matter, files) in self.by_matter {
            // Every name of them is worked on.
            if matter == Matter::HardLinks && freed_not.images == 0 {
                continue;
            }
            let n = files.len() as u64;
            let (level, headline, detail) = match matter {
                Matter::Damaged => (Level::Warning, things(n, "damaged image", "damaged images"), "Left alone"),
                Matter::Refused => (Level::Warning, things(n, "image refused", "images refused"), "Left alone"),
                Matter::HardLinks => (
                    Level::Note,
                    things(n, "image has", "images have").to_string() + " several names",
                    unfreed.as_str(),
                ),
                Matter::StaleLatents => (
                    Level::Warning,
                    things(n, "latents file", "latents files"),
                    "Of images whose size changes",
                ),
                Matter::UnreadableSidecars => (
                    Level::Warning,
                    things(n, "unreadable sidecar", "unreadable sidecars"),
                    "Never touched",
                ),
                Matter::Orphans => (
                    Level::Note,
                    things(n, "stale sidecar", "stale sidecars"),
                    "Their images are not here",
                ),
                Matter::WithoutSidecar => (
                    Level::Note,
                    things(n, "image", "images") + " without sidecar",
                    "Most others have one",
                ),
                Matter::Animated => (Level::Note, things(n, "animated image", "animated images"), "Left alone"),
                Matter::NotRequested => (Level::Note, things(n, "image", "images") + " of other formats", "Left alone"),
                _ => continue,
            };
            let detail = match self.said.get(&matter) {
                Some(said) if n == 1 => said.clone(),
                _ => detail.to_owned(),
            };
            found.push(Finding {
                level,
                matter,
                headline,
                detail,
                files,
            });
        }
        found
    }
}

fn refusal(problem: &Problem) -> Matter {
    match problem.code {
        "damaged" | "empty" | "not-an-image" | "unreadable" => Matter::Damaged,
        _ => Matter::Refused,
    }
}

fn first_sentence(text: &str) -> &str {
    text.split(". ").next().unwrap_or(text).trim_end_matches('.')
}

fn colliding(collisions: &[Collision], files: Vec<Concerned>) -> Option<Finding> {
    let n = collisions.len() as u64;
    if n == 0 {
        return None;
    }
    let pairs = collisions.iter().all(|c| c.images.len() + usize::from(c.stays.is_some()) == 2);
    let headline = match (pairs, n) {
        (true, 1) => "1 pair wants one name".to_owned(),
        (true, _) => format!("{} pairs want one name", count(n)),
        (false, 1) => "1 name is wanted by several files".to_owned(),
        (false, _) => format!("{} names are wanted by several files", count(n)),
    };
    let (mut blocks, mut skipped, mut numbered) = (0_u64, 0_u64, 0_u64);
    for collision in collisions {
        match &collision.resolution {
            Resolution::Blocks => blocks += 1,
            Resolution::LeftAlone => skipped += collision.images.len() as u64,
            Resolution::Numbered(names) => {
                numbered += names.iter().flatten().filter(|name| **name != collision.output).count() as u64;
                skipped += names.iter().filter(|name| name.is_none()).count() as u64;
            }
        }
    }
    let mut parts = Vec::new();
    if blocks > 0 {
        parts.push("Decide in All settings".to_owned());
    }
    if numbered > 0 {
        parts.push(things(numbered, "file gets a number", "files get numbers"));
    }
    if skipped > 0 {
        parts.push(format!("{} skipped", things(skipped, "file", "files")));
    }
    Some(Finding {
        level: if blocks > 0 { Level::Blocks } else { Level::Warning },
        matter: Matter::Collisions,
        headline,
        detail: parts.join(", "),
        files,
    })
}

/// Folders whose mount does not keep what the commit protocol rests on, by reason.
fn weak_drives(plan: &Plan, grounds: &[Ground]) -> Vec<Finding> {
    let mut by_reason: BTreeMap<&str, Vec<Concerned>> = BTreeMap::new();
    for (shard, ground) in plan.shards.iter().zip(grounds) {
        if let Some(reason) = ground.weak_sync.filter(|_| has_work(shard)) {
            let folder = Concerned::Folder(shard.inventory.path.clone());
            by_reason.entry(reason).or_default().push(folder);
        }
    }
    let advice = match plan.settings.safety.originals {
        Originals::Keep => "A power cut may take replacements; purge originals only when all is checked",
        Originals::Delete => "A power cut may take images; keep the originals there",
    };
    let finding = |(reason, files): (&str, Vec<Concerned>)| Finding {
        level: Level::Warning,
        matter: Matter::WeakSync,
        headline: format!("{} not saved safely", things(files.len() as u64, "folder is", "folders are")),
        detail: format!("{}. {advice}", sentence(reason)),
        files,
    };
    by_reason.into_iter().map(finding).collect()
}

/// With a capital letter.
fn sentence(clause: &str) -> String {
    let mut letters = clause.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

fn has_work(shard: &ShardPlan) -> bool {
    shard.work().next().is_some()
}

/// Rights and room, drive by drive.
fn drives(plan: &Plan, grounds: &[Ground], needed: Option<&[u64]>, bytes: &dyn Fn(u64) -> String) -> Vec<Finding> {
    let mut found = Vec::new();
    let closed: Vec<Concerned> = (plan.shards.iter().zip(grounds))
        .filter(|(shard, ground)| ground.writable == Some(false) && has_work(shard))
        .map(|(shard, _)| Concerned::Folder(shard.inventory.path.clone()))
        .collect();
    let any_closed = !closed.is_empty();
    if any_closed {
        found.push(Finding {
            level: Level::Warning,
            matter: Matter::ReadOnly,
            headline: format!("{} read-only", things(closed.len() as u64, "folder is", "folders are")),
            detail: "Nothing can be written there".into(),
            files: closed,
        });
    }
    found.extend(weak_drives(plan, grounds));
    // Deleted originals make room for what follows them.
    let keeps = plan.settings.safety.originals == Originals::Keep;
    let mut by_drive: BTreeMap<u64, (u64, u64, &Path)> = BTreeMap::new();
    for (at, (shard, ground)) in plan.shards.iter().zip(grounds).enumerate() {
        let (Some(free), Some(device)) = (ground.free, shard.inventory.images.first().map(|i| i.device())) else {
            continue;
        };
        let takes = needed.filter(|_| keeps).and_then(|n| n.get(at)).copied().unwrap_or(0);
        let (least, sum, _) = by_drive.entry(device).or_insert((free, 0, &shard.inventory.path));
        *least = (*least).min(free);
        *sum += takes;
    }
    let mut any_full = false;
    for (free, takes, path) in by_drive.values() {
        if takes > free {
            any_full = true;
            found.push(Finding {
                level: Level::Warning,
                matter: Matter::Space,
                headline: "Not enough space".into(),
                detail: format!("{} free, needs {}", bytes(*free), bytes(*takes)),
                files: vec![Concerned::Folder((*path).to_owned())],
            });
        }
    }
    let tightest = by_drive.values().min_by_key(|(free, takes, _)| free.saturating_sub(*takes));
    if let (Some((free, takes, _)), false) = (tightest, any_full) {
        let rights = !any_closed && plan.unreadable.is_empty();
        let detail = match needed.filter(|_| keeps) {
            Some(_) => format!("{} free, needs {}", bytes(*free), bytes(*takes)),
            None => format!("{} free", bytes(*free)),
        };
        found.push(Finding {
            level: Level::Fine,
            matter: Matter::Fine,
            headline: if rights {
                "Space and rights are fine"
            } else {
                "There is enough space"
            }
            .into(),
            detail,
            files: Vec::new(),
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::engine::{Collisions, Engine, Settings, write_sample};

    fn size(bytes: u64) -> String {
        format!("{bytes} bytes")
    }

    /// A shard with work, two images that want one name, and a damaged one.
    fn shard() -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().expect("tempdir");
        write_sample(&dir.path().join("library")).expect("sample");
        let shard = dir.path().join("library/shard_00000");
        let of = |ending: &str| {
            let found = fs::read_dir(&shard).expect("list").filter_map(Result::ok);
            let mut paths: Vec<PathBuf> = found
                .map(|e| e.path())
                .filter(|p| p.extension().is_some_and(|e| e == ending))
                .collect();
            paths.sort();
            paths.first().cloned().expect("one of it")
        };
        fs::copy(of("png"), shard.join("twice.png")).expect("copy");
        fs::copy(of("png"), shard.join("Twice.PNG")).expect("copy");
        fs::write(shard.join("broken.jpg"), b"\xff\xd8\xff\xe0").expect("write");
        (dir, shard)
    }

    fn plan(shard: &Path, change: impl Fn(&mut Settings)) -> Plan {
        let mut settings = Settings::default();
        change(&mut settings);
        Engine::default().plan(&[shard.to_owned()], &settings).expect("plan")
    }

    fn line(found: &[Finding], matter: Matter) -> &Finding {
        found
            .iter()
            .find(|f| f.matter == matter)
            .unwrap_or_else(|| panic!("{matter:?}: {found:#?}"))
    }

    #[test]
    fn what_is_told_of_names_damage_and_room() {
        let (_dir, shard) = shard();
        // A file system that folds case has only one of the two.
        if shard.join("TWICE.png").exists() {
            return;
        }
        let ground = Ground {
            free: Some(1000),
            writable: Some(true),
            weak_sync: None,
        };
        let blocked = plan(&shard, |_| {});
        let found = preflight(&blocked, &[ground], Some(&[900]), &size);
        assert_eq!((found[0].level, found[0].matter), (Level::Blocks, Matter::Collisions));
        assert_eq!(found[0].headline, "1 pair wants one name");
        let names = |finding: &Finding| -> Vec<String> {
            let name = |file: &Concerned| match file {
                Concerned::Image(shard, image) => blocked.shards[*shard].inventory.images[*image].name.clone(),
                other => panic!("{other:?}"),
            };
            finding.files.iter().map(|f| name(f).to_string_lossy().into_owned()).collect()
        };
        assert_eq!(names(&found[0]), ["Twice.PNG", "twice.png"]);
        let damaged = line(&found, Matter::Damaged);
        assert_eq!((damaged.headline.as_str(), damaged.level), ("1 damaged image", Level::Warning));
        assert!(damaged.detail.starts_with("broken.jpg: "), "{}", damaged.detail);
        assert_eq!(names(damaged), ["broken.jpg"]);
        let fine = line(&found, Matter::Fine);
        assert_eq!(fine.detail, "1000 bytes free, needs 900 bytes");
        assert!(found.is_sorted_by_key(|f| f.level));

        let skipped = plan(&shard, |s| s.safety.collisions = Collisions::Skip);
        let found = preflight(&skipped, &[ground], None, &size);
        assert_eq!(line(&found, Matter::Collisions).detail, "2 files skipped");
        assert!(found.iter().all(|f| f.level != Level::Blocks));
        assert_eq!(line(&found, Matter::Fine).detail, "1000 bytes free");
        let numbered = plan(&shard, |s| s.safety.collisions = Collisions::Number);
        assert_eq!(
            line(&preflight(&numbered, &[ground], None, &size), Matter::Collisions).detail,
            "1 file gets a number"
        );

        let tight = Ground {
            free: Some(10),
            writable: Some(false),
            weak_sync: Some("it is mounted volatile, so nothing is synced"),
        };
        let found = preflight(&skipped, &[tight], Some(&[900]), &size);
        assert_eq!(line(&found, Matter::Space).detail, "10 bytes free, needs 900 bytes");
        assert_eq!(line(&found, Matter::ReadOnly).headline, "1 folder is read-only");
        let weak = line(&found, Matter::WeakSync);
        assert_eq!(
            (weak.level, weak.headline.as_str()),
            (Level::Warning, "1 folder is not saved safely")
        );
        assert!(
            weak.detail.starts_with("It is mounted volatile") && weak.detail.contains("purge"),
            "{}",
            weak.detail
        );
        assert!(found.iter().all(|f| f.matter != Matter::Fine), "{found:#?}");
        // Deleted originals make the room that their replacements take.
        let deleting = plan(&shard, |s| s.safety.originals = Originals::Delete);
        let found = preflight(&deleting, &[tight], Some(&[900]), &size);
        assert!(found.iter().all(|f| f.matter != Matter::Space));
        assert!(line(&found, Matter::WeakSync).detail.ends_with("keep the originals there"));
    }

    #[test]
    fn what_is_told_of_sidecars() {
        let (_dir, shard) = shard();
        fs::write(shard.join("nobody.json"), b"{}").expect("write");
        let stay = preflight(&plan(&shard, |_| {}), &[], None, &size);
        let told = line(&stay, Matter::Sidecars);
        assert_eq!((told.level, told.detail.as_str()), (Level::Warning, "Not changed"));
        let follow = preflight(&plan(&shard, |s| s.sidecars.update = true), &[], None, &size);
        let told = line(&follow, Matter::Sidecars);
        assert_eq!((told.level, told.detail.as_str()), (Level::Note, "Named fields will follow"));
        // The copies have none, most others do.
        assert!(line(&follow, Matter::WithoutSidecar).files.len() >= 2);
        assert!(
            stay.iter().all(|f| f.matter != Matter::Space && f.matter != Matter::Fine),
            "no drive was asked"
        );
    }
}
