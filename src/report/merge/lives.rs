//! One shard that was worked on in several runs: a run that was stopped, or whose machine went away, and the one that went on.
//!
//! The later report tells how the shard stands. What it found finished is told as the earlier one told it, with the bytes from before;
//! so every image counts once, from the run that did it. This holds only if what the earlier run made is still there; otherwise its
//! savings are no longer true, and the two are not summed.

use std::collections::HashMap;

use super::super::Name;
use super::super::make::{add, rounded, total};
use super::super::value::{Counts, ImageOutcome, ImageReport, ShardReport, SidecarsReport};

/// The shard after both, or what keeps the two from being one history.
pub(super) fn joined(earlier: &ShardReport, later: &ShardReport) -> Result<ShardReport, String> {
    // What the earlier run made, by the name it has now.
    let mut made: HashMap<&Name, &ImageReport> = HashMap::new();
    for image in earlier.images.iter().filter(|image| image.outcome == ImageOutcome::Shrunk) {
        made.insert(image.output.as_ref().unwrap_or(&image.name), image);
    }
    let mut images = Vec::with_capacity(later.images.len());
    for image in &later.images {
        let Some(before) = made.remove(&image.name) else {
            images.push(image.clone());
            continue;
        };
        if image.outcome == ImageOutcome::Shrunk {
            return Err(format!("both replaced {}", before.name));
        }
        if image.bytes_before != before.bytes_after {
            return Err(format!("{} was changed between them", image.name));
        }
        images.push(before.clone());
    }
    if let Some(name) = made.keys().min() {
        return Err(format!("{name}, which one of them made, is not in the other"));
    }
    let mut counts = Counts::default();
    for image in &images {
        add(&mut counts.total, 1);
        let count = match image.outcome {
            ImageOutcome::Shrunk => &mut counts.shrunk,
            ImageOutcome::LeftAlone => &mut counts.left_alone,
            ImageOutcome::Refused => &mut counts.refused,
            ImageOutcome::Failed => &mut counts.failed,
            ImageOutcome::NotReached => &mut counts.not_reached,
        };
        add(count, 1);
    }
    let (first, then) = (&earlier.sidecars, &later.sidecars);
    Ok(ShardReport {
        counts,
        image_bytes_before: total(images.iter().map(|image| image.bytes_before)),
        image_bytes_after: total(images.iter().map(|image| image.bytes_after)),
        // Each kept its own.
        kept_bytes: earlier.kept_bytes.saturating_add(later.kept_bytes),
        write_mode: if later.write_mode.is_empty() {
            &earlier.write_mode
        } else {
            &later.write_mode
        }
        .clone(),
        recovered: later.recovered.clone().or_else(|| earlier.recovered.clone()),
        sidecars: SidecarsReport {
            // The earlier plan saw all of them; the later one what was left.
            naming_old: first.naming_old.max(then.naming_old),
            rows_naming_old: first.rows_naming_old.max(then.rows_naming_old),
            stale_latents: if first.stale_latents.len() < then.stale_latents.len() {
                &then.stale_latents
            } else {
                &first.stale_latents
            }
            .clone(),
            updated: first.updated.saturating_add(then.updated),
            ..then.clone()
        },
        commit_seconds: rounded(earlier.commit_seconds + later.commit_seconds),
        opening_seconds: rounded(earlier.opening_seconds + later.opening_seconds),
        images,
        ..later.clone()
    })
}
