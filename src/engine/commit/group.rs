//! What must change together: replacements and the edits that tell of them are one group, connected through shared
//! edits, and a group happens as a whole or not at all.
//!
//! Before anything of it retires, a broken group is mended once: replacements that failed leave it, and the editor is asked again
//! for the rest. From then on a failure takes the whole group back, which is always possible: until a group is settled, every original
//! in it has a place of its own beside its replacement, with `originals: delete` too.

use std::collections::{BTreeMap, HashSet};

use super::committer::{Committer, Replacement};
use super::edit::Edits;
use super::failure::CommitFailure;
use super::files::content_hash;
use super::item::{Fate, Item, Shop, UNTOUCHED};

impl Committer {
    /// Asks the editor what must change with the items `asked`, adds that to the items, and forms groups.
    pub(super) fn join(&self, shop: &Shop<'_>, items: &mut Vec<Item>, asked: &[usize], editor: &dyn Fn(&[usize]) -> Edits) {
        let mut asked = asked.to_vec();
        let edits = loop {
            if asked.is_empty() {
                return;
            }
            let mut answer = editor(&asked);
            answer.refused.retain(|(index, _)| asked.contains(index));
            if answer.refused.is_empty() {
                break answer.edits;
            }
            // What the answer says of others was made in the belief that these go on, too.
            for (index, failure) in answer.refused {
                asked.retain(|&other| other != index);
                match &mut items[index] {
                    item if item.announced => item.timed(|item| shop.take_back(item, failure)),
                    item => item.fail(failure),
                }
            }
        };
        let mut state = self.state();
        for edit in edits {
            let with: Vec<usize> = edit.with.into_iter().filter(|index| asked.contains(index)).collect();
            // What changes nothing, or for nobody, is no edit.
            if with.is_empty() || content_hash(&edit.bytes) == edit.source_hash {
                continue;
            }
            let number = items.len();
            let joined: HashSet<usize> = with.iter().filter_map(|&index| items[index].group).collect();
            for item in items
                .iter_mut()
                .filter(|item| item.group.is_some_and(|group| joined.contains(&group)))
            {
                item.group = Some(number);
            }
            for &index in &with {
                let item = &mut items[index];
                item.group = Some(number);
                if item.kept.is_none() {
                    let way = self.arrange(&mut state, &mut item.intent, true);
                    item.arrange(shop, way);
                }
            }
            let wanted = Replacement {
                source: edit.name.clone(),
                seen: edit.seen,
                attributes: edit.attributes,
                source_hash: edit.source_hash,
                output: edit.name,
                bytes: edit.bytes,
            };
            let ids = with.iter().map(|&index| items[index].intent.id).collect();
            let mut item = self.item(shop, &mut state, wanted, ids);
            item.group = Some(number);
            item.charge = with.first().copied();
            items.push(item);
        }
    }

    /// The last moment before originals retire: does every group still stand? One that does not goes on without what failed, with edits
    /// that the editor gives anew; what cannot is taken back.
    pub(super) fn mend(&self, shop: &Shop<'_>, items: &mut Vec<Item>, editor: &dyn Fn(&[usize]) -> Edits) {
        if items.iter().all(|item| item.group.is_none()) {
            return;
        }
        self.each(items, |item| item.is_going() && item.group.is_some(), |item| shop.look_again(item));
        let mut again = Vec::new();
        for members in broken(items) {
            if members.iter().all(|&member| can_be_mended(&items[member])) {
                again.extend(self.part(shop, items, &members));
            }
        }
        if !again.is_empty() && self.forget_edits(shop, items, &again) {
            let first = items.len();
            self.join(shop, items, &again, editor);
            if items.len() > first && self.announce(items) {
                self.each(&mut items[first..], Item::is_going, |item| shop.stage(item));
                self.sync_staged(shop, items);
            }
        }
        self.take_back_broken(shop, items);
    }

    /// What was taken away of edits that were given up is gone durably before the journal says so; recovery looks at none of it
    /// again. False: it is not, and the rest is taken back with it.
    fn forget_edits(&self, shop: &Shop<'_>, items: &mut [Item], rest: &[usize]) -> bool {
        let synced = self.sync_kept(true).and_then(|()| shop.disk.sync_dir(&shop.home.shard));
        let Err(error) = synced else { return true };
        let failure = CommitFailure::from_disk(&error, UNTOUCHED).fatal();
        for &index in rest {
            items[index].timed(|item| shop.take_back(item, failure.clone()));
            if let Fate::Failed { clean, .. } = &mut items[index].fate {
                *clean = false;
            }
        }
        self.state().broken(&error);
        false
    }

    /// Dissolves a broken group: its edits are given up. The members that can go on; none where an edit could not be taken away.
    fn part(&self, shop: &Shop<'_>, items: &mut [Item], members: &[usize]) -> Vec<usize> {
        let (edits, others): (Vec<usize>, Vec<usize>) = members.iter().partition(|&&member| items[member].intent.is_edit());
        for &edit in &edits {
            if items[edit].is_going() {
                let message = format!("{} will be edited in another way.", items[edit].source.display());
                items[edit].timed(|item| shop.take_back(item, CommitFailure::new("changed-meanwhile", message)));
            }
        }
        if edits
            .iter()
            .any(|&edit| !matches!(items[edit].fate, Fate::Failed { clean: true, .. }))
        {
            return Vec::new();
        }
        let mut state = self.state();
        for &edit in &edits {
            // The journal must know before another edit of the same file has a chance to happen: its next line says both.
            if std::mem::take(&mut items[edit].announced) {
                state.dropped.push(items[edit].intent.id);
            }
        }
        for &member in members {
            items[member].group = None;
        }
        others.into_iter().filter(|&member| items[member].is_going()).collect()
    }

    /// Where one of a group failed, the others are taken back.
    pub(super) fn take_back_broken(&self, shop: &Shop<'_>, items: &mut [Item]) {
        for members in broken(items) {
            let cause = members.iter().find_map(|&member| match &items[member].fate {
                Fate::Failed { failure, .. } => Some(failure.clone()),
                _ => None,
            });
            let Some(cause) = cause else { continue };
            for member in members {
                let failure = together(&items[member], &cause);
                items[member].timed(|item| shop.take_back(item, failure));
            }
        }
    }
}

/// The groups in which some failed and some did not.
fn broken(items: &[Item]) -> Vec<Vec<usize>> {
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, item) in items.iter().enumerate() {
        if let Some(group) = item.group {
            groups.entry(group).or_default().push(index);
        }
    }
    let some_failed = |members: &Vec<usize>| {
        let failed = members.iter().filter(|&&member| items[member].has_failed()).count();
        failed > 0 && failed < members.len()
    };
    groups.into_values().filter(some_failed).collect()
}

/// Groups of which something is left that the journal must remember.
pub(super) fn open_groups(items: &[Item]) -> HashSet<usize> {
    let open = |item: &&Item| matches!(item.fate, Fate::Failed { clean: false, .. });
    items.iter().filter(open).filter_map(|item| item.group).collect()
}

/// Can the rest of a group go on without this one as it is? Without a replacement that left nothing behind, yes; without an edit
/// only if somebody else's change was all that is wrong with it.
fn can_be_mended(item: &Item) -> bool {
    match &item.fate {
        Fate::Failed { failure, clean } => *clean && (!item.intent.is_edit() || matches!(failure.code, "changed-meanwhile" | "vanished")),
        Fate::Going | Fate::Retired | Fate::Committed => true,
    }
}

/// Why an item is taken back that nothing is wrong with.
fn together(item: &Item, cause: &CommitFailure) -> CommitFailure {
    CommitFailure {
        message: format!(
            "{} was left as it is, since another file must change together with it and did not: {}",
            item.source.display(),
            cause.message
        ),
        ..cause.clone()
    }
}
