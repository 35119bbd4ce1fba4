//! How good replacements look: the distribution of SSIMULACRA2 over the images that were judged, and the worst of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::engine::{ImageQuality, Record};

use super::format;
use super::load_speed::PercentilesReport;
use super::make::rounded;
use super::name::Name;

/// The worst that are named.
const MOST_WORST: usize = 20;

/// How good replacements look. SSIMULACRA2 compares the encoded picture with the pixels that were encoded: 100 is the same,
/// 90 cannot be told from it side by side, 70 is good; there is no lower end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QualityReport {
    /// Images that were judged: a sample, or all of them where a score was asked for.
    pub judged_images: u64,
    /// The score that was asked for; `null`: the quality was fixed.
    pub least_score: Option<f64>,
    /// Judged images that do not reach it at the highest quality allowed.
    pub below_least: u64,
    /// Scores.
    pub scores: PercentilesReport,
    /// Qualities on libjpeg's scale.
    pub qualities: PercentilesReport,
    /// What the lower qualities save, of the images for which that was measured; `null` where it was of none.
    pub saved: Option<QualitySaved>,
    /// The lowest scores, lowest first.
    pub worst: Vec<WorstImage>,
}

impl QualityReport {
    /// The distribution in one line, and what a score that was asked for saves.
    pub(super) fn sentence(&self) -> String {
        let scores = &self.scores;
        let mut text = format!(
            "How good it looks (SSIMULACRA2 of {}): {:.1} in the middle, {:.1} at the lowest.",
            format::things(self.judged_images, "image", "images"),
            scores.p50,
            scores.min,
        );
        if self.least_score.is_some() {
            text.push_str(&format!(" Quality {:.0} in the middle", self.qualities.p50));
            match &self.saved {
                Some(saved) if saved.bytes_at_highest > 0 => {
                    let part = 1.0 - saved.bytes as f64 / saved.bytes_at_highest as f64;
                    text.push_str(&format!(", {} fewer bytes than at the highest.", format::percent(part)));
                }
                _ => text.push('.'),
            }
            if self.below_least > 0 {
                let below = format::things(self.below_least, "image stays", "images stay");
                text.push_str(&format!(" {below} below the score that was asked for."));
            }
        }
        text
    }
}

/// Bytes with and without the search for the lowest quality.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct QualitySaved {
    /// Images for which both are known.
    pub images: u64,
    /// At the highest quality allowed.
    pub bytes_at_highest: u64,
    /// At the qualities that were found.
    pub bytes: u64,
}

/// An image with a low score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorstImage {
    /// The folder.
    pub shard: Name,
    /// File name inside it.
    pub name: Name,
    /// SSIMULACRA2.
    pub score: f64,
    /// Quality of its encoding, libjpeg's scale.
    pub quality: u8,
}

/// `None` where no image was judged.
pub(super) fn quality(record: &Record) -> Option<QualityReport> {
    let least = record.settings.picture.min_score;
    // An image of the sample may be in the record, too, or its replacement was made anew.
    let mut all: BTreeMap<(Name, Name), (ImageQuality, u64)> = BTreeMap::new();
    for judged in record.estimate.iter().flat_map(|estimate| &estimate.judged) {
        let key = (Name::of_path(&judged.shard), Name::new(&judged.name));
        all.insert(key, (judged.quality, judged.bytes_after));
    }
    for shard in &record.shards {
        for image in &shard.images {
            let Some(quality) = image.quality.as_deref().copied() else {
                continue;
            };
            let entry = all.entry((Name::of_path(&shard.path), Name::new(&image.name)));
            let known = entry.or_insert((quality, image.bytes_after));
            // What a sample knows of the highest quality, a run does not.
            if quality.bytes_at_highest.is_some() || known.0.quality != quality.quality {
                *known = (quality, image.bytes_after);
            }
        }
    }
    if all.is_empty() {
        return None;
    }
    let of = |value: fn(&ImageQuality) -> f64| PercentilesReport::of(&all.values().map(|(q, _)| value(q)).collect::<Vec<_>>());
    let saved = all.values().fold(None, |sum: Option<QualitySaved>, (quality, bytes)| {
        let Some(highest) = quality.bytes_at_highest else { return sum };
        let sum = sum.unwrap_or(QualitySaved {
            images: 0,
            bytes_at_highest: 0,
            bytes: 0,
        });
        Some(QualitySaved {
            images: sum.images + 1,
            bytes_at_highest: sum.bytes_at_highest.saturating_add(highest),
            bytes: sum.bytes.saturating_add(*bytes),
        })
    });
    let mut worst: Vec<WorstImage> = all
        .iter()
        .map(|((shard, name), (quality, _))| WorstImage {
            shard: shard.clone(),
            name: name.clone(),
            score: rounded(quality.score),
            quality: quality.quality,
        })
        .collect();
    worst.sort_by(|a, b| a.score.total_cmp(&b.score));
    worst.truncate(MOST_WORST);
    Some(QualityReport {
        judged_images: all.len() as u64,
        least_score: least,
        below_least: least.map_or(0, |least| all.values().filter(|(quality, _)| quality.score < least).count() as u64),
        scores: of(|quality| quality.score),
        qualities: of(|quality| f64::from(quality.quality)),
        saved: saved.filter(|_| least.is_some()),
        worst,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Estimate, JudgedImage, Kind, Outcome, ShardState, Why};
    use crate::report::samples;

    fn judged(score: f64, quality: u8, bytes_at_highest: Option<u64>) -> ImageQuality {
        ImageQuality {
            quality,
            score,
            bytes_at_highest,
        }
    }

    #[test]
    fn sample_and_run_are_told_once_and_the_worst_come_first() {
        let mut record = samples::run();
        record.settings.picture.min_score = Some(80.0);
        let images = (0..30_u8).map(|n| {
            let mut image = samples::image(&format!("{n}.png"), Outcome::Shrunk(Why::AboveTarget), 1000, 100);
            image.quality = Some(Box::new(judged(79.0 + f64::from(n), 60 + n, None)));
            image
        });
        record.shards = vec![samples::shard("s", ShardState::Done, images.collect())];
        let sampled = JudgedImage {
            shard: "s".into(),
            name: "3.png".into(),
            quality: judged(82.0, 63, Some(400)),
            bytes_after: 100,
        };
        record.estimate = record.estimate.map(|estimate| Estimate {
            judged: vec![sampled],
            ..estimate
        });
        let report = quality(&record).expect("judged");
        assert_eq!((report.judged_images, report.below_least, report.worst.len()), (30, 1, MOST_WORST));
        assert_eq!((report.worst[0].score, report.worst[19].score), (79.0, 98.0));
        assert_eq!(
            report.saved.map(|saved| (saved.images, saved.bytes_at_highest, saved.bytes)),
            Some((1, 400, 100))
        );
        assert_eq!(
            report.sentence(),
            "How good it looks (SSIMULACRA2 of 30 images): 93.5 in the middle, 79.0 at the lowest. \
             Quality 74 in the middle, 75.0 % fewer bytes than at the highest. 1 image stays below the score that was asked for."
        );
        assert_eq!(quality(&samples::empty(Kind::Run)), None);
    }
}
