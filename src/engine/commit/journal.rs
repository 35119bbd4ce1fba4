//! What is about to happen, durable before it does.
//!
//! A plain append-only text, since it must work on every file system: one record a line, `<crc32> <json>`. The
//! first line says which run; every other line is one batch: its intents, and what became of earlier ones. As each
//! line is synced before the next is written, only the last one can be torn by a crash; a damaged line
//! before it means that the drive lost something that was durable, and a person must look.
//!
//! The file stays for undo (moved beside the kept originals), so intents hold all that is needed to go back.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use super::names::{Home, Name, Place, Room, is_run_id};
use crate::engine::disk::{Attributes, Disk, DiskError, Identity, NewFile, Trouble};
use crate::engine::settings::Originals;

#[cfg(any(test, feature = "fuzzing"))]
pub(super) mod fuzz;

/// The format that this program writes and reads.
const VERSION: u32 = 1;
/// No first line is longer, and no other line shorter: a run id has at most 64 bytes, a batch of one image more than 300.
pub(super) const LONGEST_HEADER: usize = 256;
/// How every first line goes on behind its checksum.
const BEGINNING: &[u8] = b" {\"begin\":{";
/// A journal of more bytes is not one of ours: 100,000 files need about 60 MB.
const LONGEST: u64 = 4 << 30;

/// A content hash; 32 hexadecimal digits in JSON, whose numbers end at 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hash(pub(super) u128);

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:032x}", self.0))
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        u128::from_str_radix(&text, 16).map(Self).map_err(D::Error::custom)
    }
}

/// One line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Begin(Header),
    Batch(Batch),
}

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Header {
    /// Of the format.
    pub(super) version: u32,
    /// The run's id.
    pub(super) run: String,
    /// What becomes of originals.
    pub(super) originals: Originals,
    /// Seconds since 1970.
    pub(super) started: u64,
}

/// Every other line.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Batch {
    /// Written by a recovery: damage right before this line is the torn end of the interrupted run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) resumed: bool,
    /// What happens next.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) intents: Vec<Intent>,
    /// Replaced, durably.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) done: Vec<u64>,
    /// Given up, durably: nothing of ours is left of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) dropped: Vec<u64>,
}

/// One replacement that is about to happen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Intent {
    /// Unique in its journal.
    pub(super) id: u64,
    /// Name of the original in the shard.
    pub(super) source: Name,
    /// Who it was when it was read.
    pub(super) seen: Identity,
    /// What carries over from it, and goes back with undo.
    pub(super) attributes: Attributes,
    /// Of the bytes that were read.
    pub(super) source_hash: Hash,
    /// Name of the replacement in the shard; may be that of the original.
    pub(super) output: Name,
    /// Bytes of the replacement.
    pub(super) output_len: u64,
    /// Of the replacement's bytes.
    pub(super) output_hash: Hash,
    /// Where the replacement is written first; nothing: under its final name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) temp: Option<Place>,
    /// Where the original goes, to stay (`keep`) or while the names change hands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) kept: Option<Place>,
    /// Of an edit: the intents whose files it tells of, with which it happens or does not. Nothing: a replacement.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) with: Vec<u64>,
}

impl Intent {
    /// Is it the edit of a file that tells of others?
    pub(super) fn is_edit(&self) -> bool {
        !self.with.is_empty()
    }

    /// Do original and replacement have the same name?
    pub(super) fn same_name(&self) -> bool {
        self.source == self.output
    }

    fn places_are_ours(&self) -> bool {
        let temp = self.temp.as_ref().is_none_or(|place| place.is_ours() && place.room == Room::Shard);
        temp && self.kept.as_ref().is_none_or(Place::is_ours)
    }
}

/// The journal of the run at work.
pub(super) struct Journal {
    file: Box<dyn NewFile>,
    path: PathBuf,
}

impl Journal {
    /// Starts the journal of a run. Durable, name included, when this returns.
    pub(super) fn create(disk: &dyn Disk, home: &Home, header: Header) -> Result<Self, DiskError> {
        let path = home.journal();
        let mut journal = Self {
            file: disk.create_new(&path)?,
            path,
        };
        let begin = journal
            .append(&Line::Begin(header))
            .and_then(|()| disk.sync_dir(&home.folder()))
            .and_then(|()| disk.sync_dir(&home.shard));
        match begin {
            Ok(()) => Ok(journal),
            Err(error) => {
                // It announces nothing yet. If it cannot go, the next run sees a journal without a batch.
                let path = journal.path.clone();
                drop(journal);
                let _ = disk.remove_file(&path);
                Err(error)
            }
        }
    }

    /// Goes on with a journal that recovery has read.
    pub(super) fn reopen(disk: &dyn Disk, home: &Home, torn: bool) -> Result<Self, DiskError> {
        Self::reopen_at(disk, &home.journal(), torn)
    }

    /// As [`reopen`](Self::reopen), wherever it lies now.
    pub(super) fn reopen_at(disk: &dyn Disk, path: &Path, torn: bool) -> Result<Self, DiskError> {
        let mut journal = Self {
            file: disk.open_append(path)?,
            path: path.to_owned(),
        };
        if torn {
            journal.file.write_all(b"\n")?;
        }
        Ok(journal)
    }

    /// Appends a batch. Durable when this returns; after an error the end is unknown and nothing more may be appended.
    pub(super) fn announce(&mut self, batch: Batch) -> Result<(), DiskError> {
        self.append(&Line::Batch(batch))
    }

    fn append(&mut self, line: &Line) -> Result<(), DiskError> {
        let text = encode(line).map_err(|error| DiskError::new("write", &self.path, io::Error::other(error)))?;
        self.file.write_all(&text)?;
        self.file.sync()
    }
}

/// A journal as an earlier run left it.
#[derive(Debug)]
pub(super) struct Found {
    /// Its first line; `None`: it broke off before that was durable, so nothing had begun.
    pub(super) header: Option<Header>,
    /// All intents, with what the journal knows of their end.
    pub(super) intents: Vec<(Intent, Known)>,
    /// The end is torn.
    pub(super) torn: bool,
    /// Lines before the end that were durable and are damaged now, counted from 1.
    pub(super) damaged: Vec<usize>,
}

/// What the journal knows of an intent's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// Nothing.
    Open,
    /// Replaced.
    Done,
    /// Given up.
    Dropped,
}

/// Reads the journal of an unfinished run; `None` where there is none. A newer format is an error.
pub(super) fn read(disk: &dyn Disk, path: &Path) -> Result<Option<Found>, DiskError> {
    if disk.stat(path)?.is_none() {
        return Ok(None);
    }
    let bytes = disk.open(path)?.read_all(LONGEST)?;
    parse(&bytes)
        .map(Some)
        .map_err(|problem| DiskError::new("recover", path, io::Error::other(problem)))
}

/// The run that a journal belongs to: empty where it broke off before that, `None` where there is no journal.
pub(super) fn run_of(disk: &dyn Disk, path: &Path) -> Result<Option<String>, DiskError> {
    let file = match disk.stat(path)? {
        None => return Ok(None),
        Some(_) => match disk.open(path) {
            Err(error) if error.kind() == Trouble::Vanished => return Ok(None),
            file => file?,
        },
    };
    let mut head = vec![0; 4096];
    let count = file.read_at(0, &mut head)?;
    let line = head[..count].split(|&byte| byte == b'\n').next().unwrap_or_default();
    Ok(Some(match parse_line(line) {
        Ok(Line::Begin(header)) => header.run,
        _ => String::new(),
    }))
}

/// Why a line cannot be used.
#[derive(Debug)]
enum Unusable {
    Damaged,
    Newer(u32),
}

/// A line as it is written: checksum, blank, JSON, line end.
fn encode(line: &Line) -> serde_json::Result<Vec<u8>> {
    let json = serde_json::to_string(line)?;
    Ok(format!("{:08x} {json}\n", crc32fast::hash(json.as_bytes())).into_bytes())
}

fn parse_line(line: &[u8]) -> Result<Line, Unusable> {
    let (crc, json) = line.split_at_checked(8).ok_or(Unusable::Damaged)?;
    let json = json.strip_prefix(b" ").ok_or(Unusable::Damaged)?;
    let crc = std::str::from_utf8(crc).ok().and_then(|text| u32::from_str_radix(text, 16).ok());
    if crc != Some(crc32fast::hash(json)) {
        return Err(Unusable::Damaged);
    }
    // The version alone first: a newer format may say everything else in another way.
    #[derive(Deserialize)]
    struct Versioned {
        begin: Option<OnlyVersion>,
    }
    #[derive(Deserialize)]
    struct OnlyVersion {
        version: u32,
    }
    if let Ok(Versioned { begin: Some(begin) }) = serde_json::from_slice(json)
        && begin.version > VERSION
    {
        return Err(Unusable::Newer(begin.version));
    }
    match serde_json::from_slice(json) {
        // Recovery removes what is ours by name: nothing else may pose as that.
        Ok(Line::Batch(batch)) if batch.intents.iter().any(|intent| !intent.places_are_ours()) => Err(Unusable::Damaged),
        Ok(Line::Begin(header)) if !is_run_id(&header.run) => Err(Unusable::Damaged),
        Ok(line) => Ok(line),
        Err(_) => Err(Unusable::Damaged),
    }
}

fn parse(bytes: &[u8]) -> Result<Found, String> {
    let mut found = Found {
        header: None,
        intents: Vec::new(),
        torn: false,
        damaged: Vec::new(),
    };
    let mut place = std::collections::HashMap::new();
    // Damaged lines whose meaning depends on what follows them.
    let mut doubtful = Vec::new();
    let complete = bytes.is_empty() || bytes.ends_with(b"\n");
    let body = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let lines = body.split(|&byte| byte == b'\n');
    let (mut last_is_usable, mut batches) = (true, 0);
    for (number, line) in lines.enumerate() {
        let parsed = parse_line(line);
        last_is_usable = parsed.is_ok();
        match parsed {
            Err(Unusable::Newer(version)) => {
                return Err(format!(
                    "a newer version of shardpress began it (journal format {version}, this one knows {VERSION}); use that version"
                ));
            }
            Err(Unusable::Damaged) => doubtful.push(number + 1),
            Ok(Line::Begin(header)) if number == 0 => found.header = Some(header),
            Ok(Line::Begin(_)) => found.damaged.push(number + 1),
            Ok(Line::Batch(batch)) => {
                batches += 1;
                if batch.resumed {
                    doubtful.clear();
                }
                found.damaged.append(&mut doubtful);
                for intent in batch.intents {
                    place.insert(intent.id, found.intents.len());
                    found.intents.push((intent, Known::Open));
                }
                for (ids, known) in [(batch.done, Known::Done), (batch.dropped, Known::Dropped)] {
                    for id in ids {
                        match place.get(&id) {
                            Some(&at) => found.intents[at].1 = known,
                            None => found.damaged.push(number + 1),
                        }
                    }
                }
            }
        }
    }
    found.torn = !bytes.is_empty() && (!complete || !last_is_usable);
    if found.header.is_none() && (batches > 0 || doubtful.iter().any(|&line| line > 1)) {
        // More than a torn first line: its beginning was durable once, whether it is damaged now, or cut out, or a recovery wrote
        // behind it.
        if found.damaged.is_empty() && doubtful.is_empty() {
            doubtful.push(1);
        }
        found.damaged.append(&mut doubtful);
    }
    if found.header.is_none() && found.intents.is_empty() && found.damaged.is_empty() && !is_torn_header(body) {
        found.damaged.push(1);
    }
    found.damaged.dedup();
    Ok(found)
}

/// Can this be what a crash leaves of a first line on its way to the drive? Only then nothing had begun.
fn is_torn_header(text: &[u8]) -> bool {
    let checksum = text.iter().take(8).all(|byte| byte.is_ascii_hexdigit() || *byte == 0);
    let rest = text.get(8..).unwrap_or_default();
    let begins = rest.iter().zip(BEGINNING).all(|(byte, wanted)| byte == wanted || *byte == 0);
    checksum && begins && text.len() <= LONGEST_HEADER
}

#[cfg(test)]
mod tests {
    use super::fuzz::intent;
    use super::*;

    fn line(line: &Line) -> Vec<u8> {
        encode(line).expect("plain values")
    }

    fn header(version: u32) -> Line {
        Line::Begin(Header {
            version,
            run: "r1".to_owned(),
            originals: Originals::Keep,
            started: 1,
        })
    }

    fn batch(intents: &[u64], done: &[u64], dropped: &[u64]) -> Line {
        Line::Batch(Batch {
            resumed: false,
            intents: intents.iter().map(|&id| intent(id)).collect(),
            done: done.to_vec(),
            dropped: dropped.to_vec(),
        })
    }

    fn resumed() -> Line {
        Line::Batch(Batch {
            resumed: true,
            ..Batch::default()
        })
    }

    #[test]
    fn reads_what_was_written() {
        let text = [header(1), batch(&[1, 2], &[], &[]), batch(&[3], &[1], &[2])];
        let text: Vec<u8> = text.iter().flat_map(line).collect();
        let found = parse(&text).expect("readable");
        assert_eq!(found.header.expect("there").run, "r1");
        let known: Vec<_> = found.intents.iter().map(|(intent, known)| (intent.id, *known)).collect();
        assert_eq!(known, [(1, Known::Done), (2, Known::Dropped), (3, Known::Open)]);
        assert_eq!(found.intents[2].0, intent(3));
        assert!(!found.torn && found.damaged.is_empty());
    }

    #[test]
    fn every_torn_end_is_tolerated() {
        let whole: Vec<u8> = [header(1), batch(&[1], &[], &[])].iter().flat_map(line).collect();
        let last = line(&batch(&[2], &[1], &[]));
        for cut in 0..last.len() {
            let zeros = vec![0; last.len() - cut];
            for tail in [&last[..cut], &[&last[..cut], &zeros[..]].concat()] {
                if tail.is_empty() {
                    continue;
                }
                let found = parse(&[&whole[..], tail].concat()).expect("readable");
                assert!(found.torn && found.damaged.is_empty(), "{cut}");
                // Torn right before its newline the line is whole, and counts.
                let whole_line = cut == last.len() - 1 && tail.len() == cut;
                assert_eq!(found.intents.len(), if whole_line { 2 } else { 1 }, "{cut}");
                // Recovery writes behind it, and may itself be torn.
                for more in [line(&resumed()), [&b"0000"[..], b"\n", &line(&resumed())].concat()] {
                    let again = parse(&[&whole[..], tail, b"\n", &more].concat()).expect("readable");
                    assert!(!again.torn && again.damaged.is_empty(), "{cut}");
                }
            }
        }
    }

    #[test]
    fn a_torn_beginning_says_that_nothing_began() {
        let first = line(&header(1));
        for cut in 0..first.len() - 1 {
            let found = parse(&first[..cut]).expect("readable");
            assert!(
                found.header.is_none() && found.damaged.is_empty() && found.intents.is_empty(),
                "{cut}"
            );
        }
        assert!(parse(&vec![0; first.len()]).expect("readable").damaged.is_empty());
    }

    #[test]
    fn damage_before_the_end_is_found_at_every_byte() {
        let lines: Vec<_> = [header(1), batch(&[1], &[], &[]), batch(&[2], &[1], &[])]
            .iter()
            .map(line)
            .collect();
        let text = lines.concat();
        let end = text.len() - lines[2].len();
        for at in 0..end {
            // A newline that is gone makes two lines look like one with a torn end.
            if text[at] == b'\n' {
                continue;
            }
            let mut damaged = text.clone();
            damaged[at] ^= 0x04;
            let found = parse(&damaged).expect("readable");
            assert!(!found.damaged.is_empty(), "byte {at}");
        }
    }

    #[test]
    fn a_beginning_that_is_gone_is_damage() {
        let lines: Vec<_> = [header(1), batch(&[1], &[], &[]), resumed()].iter().map(line).collect();
        let (begin, first, again) = (&lines[0], &lines[1], &lines[2]);
        let zeros = |len: usize| [vec![0; len - 1], b"\n".to_vec()].concat();
        for left in [
            first.clone(),
            again.clone(),
            [first.as_slice(), again].concat(),
            // What a lost block leaves, with what a recovery wrote behind it.
            [zeros(begin.len()), again.clone()].concat(),
            [zeros(begin.len()), zeros(first.len()), again.clone()].concat(),
        ] {
            let found = parse(&left).expect("readable");
            assert!(found.header.is_none() && !found.damaged.is_empty(), "{} bytes", left.len());
        }
    }

    #[test]
    fn a_newer_format_is_refused_with_a_sentence() {
        let problem = parse(&line(&header(2))).expect_err("newer");
        assert!(
            problem.contains("newer version") && problem.contains("use that version"),
            "{problem}"
        );
    }

    #[test]
    fn a_run_that_leads_elsewhere_is_damage() {
        let bad = Line::Begin(Header {
            version: 1,
            run: "../../x".to_owned(),
            originals: Originals::Keep,
            started: 1,
        });
        let text = [line(&bad), line(&batch(&[1], &[], &[]))].concat();
        let found = parse(&text).expect("readable");
        assert!(found.header.is_none() && !found.damaged.is_empty());
    }
}
