//! Which report a shard counts from, where more than one has it.

use std::collections::{HashMap, HashSet};

use super::super::Name;
use super::super::value::{NoticeReport, Report, ShardReport, ShardStateName};
use super::lives::joined;

/// The shards of each report that count, or why they cannot be told apart.
///
/// Shards are the same where their paths are, and an image with them: two machines may each have a `/data/shard_00000` of their
/// own, but hardly with images of the same names.
///
/// `reports` are in order of time: where two worked on a shard, the later one went on from where the earlier one ended, or the
/// two cannot be summed.
pub(super) fn kept(reports: &[(String, Report)], notices: &mut Vec<NoticeReport>) -> Result<Kept, String> {
    // Where the shard of a path that counts so far is: report and place in it. A path may belong to several shards.
    let mut seen: HashMap<&Name, Vec<(usize, usize)>> = HashMap::new();
    let mut counts: Vec<Vec<bool>> = reports.iter().map(|(_, report)| vec![true; report.shards.len()]).collect();
    // Shards that were worked on in several runs, by the place in the last of them.
    let mut joint: HashMap<(usize, usize), ShardReport> = HashMap::new();
    for (at, (name, report)) in reports.iter().enumerate() {
        for (place, shard) in report.shards.iter().enumerate() {
            let others = seen.entry(&shard.path).or_default();
            for &(other_at, other_place) in others.iter() {
                let (other_name, other_report) = &reports[other_at];
                let other = &other_report.shards[other_place];
                if !counts[other_at][other_place] || other_at == at || !is_one(other, shard) {
                    continue;
                }
                let (loser, keeper) = match (worked_on(other), worked_on(shard)) {
                    (true, true) => {
                        let so_far = joint.get(&(other_at, other_place)).unwrap_or(other);
                        // Who begins first is not always first at a shard: the lock decides.
                        let (both, gone, stays) = match (joined(so_far, shard), joined(shard, so_far)) {
                            (Ok(both), _) => (both, (other_at, other_place), (at, place)),
                            (Err(_), Ok(both)) => (both, (at, place), (other_at, other_place)),
                            (Err(why), Err(_)) => {
                                return Err(format!(
                                    "{other_name} and {name} both worked on {}, and {why}: its images would be counted twice. \
                                     Leave one of them out, or compare the two.",
                                    shard.path
                                ));
                            }
                        };
                        joint.remove(&gone);
                        joint.insert(stays, both);
                        counts[gone.0][gone.1] = false;
                        notices.push(NoticeReport {
                            path: shard.path.clone(),
                            message: format!("Worked on in {other_name} and in {name}: each image counts once, from the run that did it."),
                        });
                        continue;
                    }
                    (false, true) => ((other_at, other_place), name),
                    _ => ((at, place), other_name),
                };
                counts[loser.0][loser.1] = false;
                notices.push(NoticeReport {
                    path: shard.path.clone(),
                    message: format!("In {other_name} and in {name}; it counts from {keeper}."),
                });
            }
            others.push((at, place));
        }
    }
    let resumed = !joint.is_empty();
    let shards = reports.iter().zip(counts).enumerate().map(|(at, ((_, report), counts))| {
        let shards = report.shards.iter().enumerate().zip(counts).filter(|(_, counts)| *counts);
        let shards = shards.map(|((place, shard), _)| joint.remove(&(at, place)).unwrap_or_else(|| shard.clone()));
        shards.collect()
    });
    Ok(Kept {
        shards: shards.collect(),
        resumed,
    })
}

/// What counts of each report.
pub(super) struct Kept {
    /// The shards, report by report.
    pub(super) shards: Vec<Vec<ShardReport>>,
    /// Whether any of them was worked on in several runs.
    pub(super) resumed: bool,
}

/// Whether anything was done in it, or would be.
fn worked_on(shard: &ShardReport) -> bool {
    let counts = &shard.counts;
    matches!(shard.state, ShardStateName::Done | ShardStateName::Planned) || counts.shrunk > 0 || counts.failed > 0
}

/// Of the same path: whether they have an image in common, or one of them has none to tell by. A replacement stands for the
/// image it replaced, as a later run finds that.
fn is_one(left: &ShardReport, right: &ShardReport) -> bool {
    let names = |shard: &'_ ShardReport| -> HashSet<Name> {
        let names = shard
            .images
            .iter()
            .flat_map(|image| [Some(image.name.clone()), image.output.clone()]);
        names.flatten().collect()
    };
    let (left, right) = (names(left), names(right));
    left.is_empty() || right.is_empty() || !left.is_disjoint(&right)
}
