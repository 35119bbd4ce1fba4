//! Which intents of a journal stand or fall together: those that edits connect.

use std::collections::{BTreeMap, HashMap};

use super::journal::{Intent, Known};

/// The groups with at least one edit that was not given up and one member whose end is open, without members that were given up.
pub(super) fn groups(intents: &[(Intent, Known)]) -> Vec<Vec<&(Intent, Known)>> {
    let place: HashMap<u64, usize> = intents.iter().enumerate().map(|(at, (intent, _))| (intent.id, at)).collect();
    let mut groups = Joined::new(intents.len());
    for (at, (intent, known)) in intents.iter().enumerate() {
        // An edit that was given up connects nothing: another one took its place, or all of its group was given up.
        if *known != Known::Dropped {
            intent
                .with
                .iter()
                .filter_map(|id| place.get(id))
                .for_each(|&with| groups.join(at, with));
        }
    }
    let mut found: BTreeMap<usize, Vec<&(Intent, Known)>> = BTreeMap::new();
    for (at, member) in intents.iter().enumerate() {
        if member.1 != Known::Dropped {
            found.entry(groups.head(at)).or_default().push(member);
        }
    }
    let matters = |group: &Vec<&(Intent, Known)>| {
        group.iter().any(|(intent, _)| intent.is_edit()) && group.iter().any(|(_, known)| *known == Known::Open)
    };
    found.into_values().filter(matters).collect()
}

/// Sets that grow together: every place points to another of its set, the head to itself.
struct Joined(Vec<usize>);

impl Joined {
    fn new(count: usize) -> Self {
        Self((0..count).collect())
    }

    fn head(&mut self, mut at: usize) -> usize {
        while self.0[at] != at {
            // Halves the way for whoever comes next.
            self.0[at] = self.0[self.0[at]];
            at = self.0[at];
        }
        at
    }

    fn join(&mut self, one: usize, two: usize) {
        let (one, two) = (self.head(one), self.head(two));
        self.0[one] = two;
    }
}
