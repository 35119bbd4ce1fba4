//! Journals of any bytes, and journals of ours that were damaged: a campaign's door (see `engine::fuzzing`).

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::Path;

use super::super::names::Home;
use super::*;
use crate::engine::disk::Extended;

/// The first byte chooses: a journal of these bytes as they are, one whose lines get their checksums, or one of ours that is
/// damaged as the bytes say.
pub(crate) fn fuzz_journal(data: &[u8]) {
    match data {
        [0..=84, file @ ..] => any(file),
        [85..=169, file @ ..] => any(&summed(file)),
        [how, rest @ ..] => damaged(*how, rest),
        [] => any(&[]),
    }
}

/// Every line as JSON with the checksum that belongs before it: what a program that knows the format, or malice, could have written.
fn summed(file: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for line in file.split_inclusive(|&byte| byte == b'\n') {
        let json = line.strip_suffix(b"\n").unwrap_or(line);
        out.extend(format!("{:08x} ", crc32fast::hash(json)).into_bytes());
        out.extend_from_slice(line);
    }
    out
}

/// Whatever was read leads nowhere but to the shard, and nothing that poses as ours is anybody else's.
fn any(file: &[u8]) {
    let Ok(found) = parse(file) else { return };
    if let Some(header) = &found.header {
        assert!(is_run_id(&header.run) && header.version <= VERSION, "{header:?}");
    }
    let home = Home::new(Path::new("/shard"));
    for (intent, _) in &found.intents {
        for name in [&intent.source, &intent.output] {
            let path = home.shard.join(&name.0);
            assert!(
                path.parent() == Some(home.shard.as_path()) && path != home.shard,
                "a name leads elsewhere: {path:?}"
            );
        }
        let run = found.header.as_ref().map_or("run", |header| header.run.as_str());
        if let Some(temp) = &intent.temp {
            assert_eq!(temp.path(&home, run).parent(), Some(home.shard.as_path()));
            assert!(temp.name.0.as_encoded_bytes().starts_with(b".shardpress-"), "{temp:?}");
        }
        if let Some(kept) = &intent.kept {
            let path = kept.path(&home, run);
            let parent = path.parent();
            assert!(
                parent == Some(home.shard.as_path()) || parent == Some(home.kept(run).as_path()),
                "{path:?}"
            );
        }
        // What was read is written and read as the same.
        let text = serde_json::to_string(intent).expect("plain values");
        assert_eq!(&serde_json::from_str::<Intent>(&text).expect("our own text"), intent);
    }
    let lines = file.split(|&byte| byte == b'\n').count();
    assert!(
        found.damaged.iter().all(|line| (1..=lines).contains(line)),
        "{:?} of {lines} lines",
        found.damaged
    );
}

/// Damages a journal of ours. Nothing is read from it that was never written, and what is missing is told: by an error, by lines that
/// are named damaged, or, at the very end alone, by a torn line.
fn damaged(how: u8, bytes: &[u8]) {
    let lines = ours(how);
    let whole = lines.concat();
    let before = parse(&whole).expect("a journal of ours");
    let mut file = whole.clone();
    for damage in bytes.chunks_exact(4).take(8) {
        let [kind, high, low, value] = damage else { continue };
        if file.is_empty() {
            break;
        }
        let at = usize::from(u16::from_be_bytes([*high, *low])) % file.len();
        match kind % 5 {
            0 => file[at] ^= value,
            1 => file.truncate(at),
            2 => file[at..].iter_mut().take(usize::from(*value)).for_each(|byte| *byte = 0),
            3 => drop(file.drain(at..(at + usize::from(*value)).min(file.len()))),
            _ => file.splice(at..at, std::iter::repeat_n(*value, 3)).for_each(drop),
        }
    }
    any(&file);
    let Ok(found) = parse(&file) else { return };
    let written: HashMap<u64, &Intent> = before.intents.iter().map(|(intent, _)| (intent.id, intent)).collect();
    for (intent, _) in &found.intents {
        assert_eq!(written.get(&intent.id), Some(&intent), "an intent that was never written");
    }
    if file == whole || !found.damaged.is_empty() {
        return;
    }
    if found.header.is_none() {
        let usable = file.split(|&byte| byte == b'\n').filter(|line| parse_line(line).is_ok());
        assert_eq!(usable.count(), 0, "a beginning is gone, and nobody is told");
    }
    // No damage is told: then what is there is how the journal stood at some moment, but for a torn end.
    let states: Vec<State> = (0..=lines.len())
        .map(|count| state(&parse(&lines[..count].concat()).expect("ours")))
        .collect();
    assert!(
        states.contains(&state(&found)),
        "damage that is not told: torn {}, {:?}",
        found.torn,
        state(&found)
    );
}

/// Whether it has a beginning, and what it knows.
type State = (bool, Vec<(u64, Known)>);

fn state(found: &Found) -> State {
    let intents = found.intents.iter().map(|(intent, known)| (intent.id, *known));
    (found.header.is_some(), intents.collect())
}

/// An intent with everything that every one has.
pub(super) fn intent(id: u64) -> Intent {
    Intent {
        id,
        source: Name(OsString::from(format!("{id}.png"))),
        seen: Identity {
            device: 1,
            inode: id,
            len: 3,
            modified_ns: -7,
            links: 1,
        },
        attributes: Attributes {
            owner: None,
            readonly: false,
            modified_ns: 1,
            accessed_ns: 2,
            extended: Extended::Unknown,
        },
        source_hash: Hash(u128::MAX),
        output: Name(OsString::from(format!("{id}.jpg"))),
        output_len: 2,
        output_hash: Hash(1),
        temp: Some(Place::temporary("r1", id, "x.jpg".as_ref())),
        kept: None,
        with: Vec::new(),
    }
}

/// The lines of a journal as runs write them: batches of one to three, an edit, a recovery in between.
fn ours(how: u8) -> Vec<Vec<u8>> {
    let varied = |id: u64| Intent {
        temp: (how & 1 != 0).then(|| Place::temporary("r1", id, "x.jpg".as_ref())),
        kept: (how & 2 != 0).then(|| Place::original(id, "x.png".as_ref(), id.is_multiple_of(2))),
        with: if id.is_multiple_of(3) { vec![id - 1] } else { Vec::new() },
        ..intent(id)
    };
    let batch = |intents: &[u64], done: &[u64], dropped: &[u64], resumed: bool| {
        Line::Batch(Batch {
            resumed,
            intents: intents.iter().map(|&id| varied(id)).collect(),
            done: done.to_vec(),
            dropped: dropped.to_vec(),
        })
    };
    let begin = Line::Begin(Header {
        version: VERSION,
        run: "r1".to_owned(),
        originals: Originals::Keep,
        started: 1,
    });
    let lines = [
        begin,
        batch(&[1], &[], &[], false),
        batch(&[2, 3], &[1], &[], how & 4 != 0),
        batch(&[4, 5, 6], &[3], &[2], false),
        batch(&[], &[4, 5], &[6], how & 8 != 0),
    ];
    lines.iter().map(|line| encode(line).expect("plain values")).collect()
}
