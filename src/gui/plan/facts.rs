//! What the page wants to know of a plan beyond the plan itself: rows by number, what is said of each, and counts. Made once a
//! plan, on a worker, since a plan may have a million images.

use std::collections::{BTreeMap, HashMap};
use std::ffi::{OsStr, OsString};

use super::ImageAt;
use crate::engine::{Action, Format, Plan, Predictions, Resolution, Size, Totals, Why};
use crate::gui::format::count;
use crate::report::format_name;

/// What happens to an image, as the table says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::gui) enum Act {
    /// Replaced by a smaller picture.
    Shrink,
    /// Replaced by a JPEG of the same size.
    Convert,
    /// Wants a name that another file wants: nothing begins before that is decided.
    Blocked,
    /// Would be worked on, but its content, a limit or a name forbids it.
    Skip,
    /// Stays by rule.
    LeaveAlone,
}

/// Why, in few words that a person can choose by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::gui) enum Reason {
    AboveTarget,
    Enlarged,
    OtherShape,
    Converted,
    Clash,
    Damaged,
    Limit,
    OtherFormat,
    Animated,
    NotChosen,
    NotSmaller,
    SmallEnough,
}

impl Reason {
    /// As it stands in the list of reasons.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::AboveTarget => "Larger than the target",
            Self::Enlarged => "Smaller than the target",
            Self::OtherShape => "Other shape",
            Self::Converted => "Becomes JPEG",
            Self::Clash => "Clash of names",
            Self::Damaged => "Damaged",
            Self::Limit => "Past a limit",
            Self::OtherFormat => "Other format",
            Self::Animated => "Animated",
            Self::NotChosen => "Not chosen",
            Self::NotSmaller => "Would not be smaller",
            Self::SmallEnough => "Small enough",
        }
    }
}

/// One image as the table shows it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a> {
    pub(super) name: &'a OsStr,
    pub(super) before: Option<Size>,
    pub(super) after: Option<Size>,
    pub(super) bytes: u64,
    /// Predicted, or measured by the sample.
    pub(super) bytes_after: Option<u64>,
    pub(super) act: Act,
    pub(super) reason: Reason,
    pub(super) format: Option<Format>,
}

impl Row<'_> {
    /// Part of its bytes that go.
    pub(super) fn saves(&self) -> Option<f64> {
        let after = self.bytes_after?;
        (self.bytes > 0).then(|| 1.0 - after as f64 / self.bytes as f64)
    }
}

/// A point of the scatter of dimensions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Dot {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) has_work: bool,
}

/// Dots of a scatter: more only cover each other.
const DOTS: usize = 400;

/// See the module.
#[derive(Debug, Clone, Default)]
pub(in crate::gui) struct Facts {
    /// First row of each shard, and the number of rows behind the last.
    starts: Vec<u32>,
    /// The other file that wants an image's name.
    clashes: HashMap<u32, OsString>,
    pub(super) totals: Totals,
    pub(super) reasons: BTreeMap<Reason, u32>,
    /// `None`: no format that is known.
    pub(super) formats: BTreeMap<Option<Format>, u32>,
    pub(super) dots: Vec<Dot>,
}

impl Facts {
    /// Looks at every image once.
    pub(super) fn new(plan: &Plan) -> Self {
        let mut starts = vec![0_u32];
        let mut rows = 0_u32;
        for shard in &plan.shards {
            rows = rows.saturating_add(u32::try_from(shard.actions.len()).unwrap_or(u32::MAX));
            starts.push(rows);
        }
        let mut facts = Self {
            starts,
            totals: plan.totals(),
            ..Self::default()
        };
        facts.clashes = facts.clashes_of(plan);
        // Every so many-th image, so that the picture does not change with what is looked at.
        let step = (facts.len() / DOTS).max(1);
        for number in 0..facts.len() {
            let Some(row) = facts.row(plan, None, number as u32) else {
                continue;
            };
            *facts.reasons.entry(row.reason).or_default() += 1;
            *facts.formats.entry(row.format).or_default() += 1;
            if let Some(size) = row.before.filter(|_| number % step == step / 2) {
                facts.dots.push(Dot {
                    width: size.width,
                    height: size.height,
                    has_work: matches!(row.act, Act::Shrink | Act::Convert),
                });
            }
        }
        facts
    }

    fn clashes_of(&self, plan: &Plan) -> HashMap<u32, OsString> {
        let mut clashes = HashMap::new();
        for (at, shard) in plan.shards.iter().enumerate() {
            if shard.collisions.is_empty() {
                continue;
            }
            let images = &shard.inventory.images;
            let by_name: HashMap<&OsStr, usize> = images.iter().enumerate().map(|(i, found)| (found.name.as_os_str(), i)).collect();
            for collision in &shard.collisions {
                for (nth, name) in collision.images.iter().enumerate() {
                    // Who got a number is worked on as any other.
                    if let Resolution::Numbered(names) = &collision.resolution
                        && names.get(nth).is_some_and(Option::is_some)
                    {
                        continue;
                    }
                    let other = collision.images.iter().find(|n| *n != name).or(collision.stays.as_ref());
                    if let (Some(&image), Some(other)) = (by_name.get(name.as_os_str()), other) {
                        clashes.insert(self.row_of(ImageAt { shard: at, image }), other.clone());
                    }
                }
            }
        }
        clashes
    }

    /// Rows of the table without a filter.
    pub(in crate::gui) fn len(&self) -> usize {
        self.starts.last().copied().unwrap_or(0) as usize
    }

    /// Where the image of a row is.
    pub(in crate::gui) fn at(&self, row: u32) -> Option<ImageAt> {
        let shard = self.starts.partition_point(|start| *start <= row).checked_sub(1)?;
        (shard + 1 < self.starts.len()).then(|| ImageAt {
            shard,
            image: (row - self.starts[shard]) as usize,
        })
    }

    /// The row of an image.
    pub(in crate::gui) fn row_of(&self, at: ImageAt) -> u32 {
        let start = self.starts.get(at.shard).copied().unwrap_or(0);
        start.saturating_add(u32::try_from(at.image).unwrap_or(u32::MAX))
    }

    /// What is known of a row; `None` past the end.
    pub(super) fn row<'a>(&self, plan: &'a Plan, predictions: Option<&Predictions>, row: u32) -> Option<Row<'a>> {
        let at = self.at(row)?;
        let shard = plan.shards.get(at.shard)?;
        let found = shard.inventory.images.get(at.image)?;
        let action = shard.actions.get(at.image)?;
        let (before, after) = shard.sizes(at.image, &plan.settings);
        let clashes = self.clashes.contains_key(&row);
        let (act, reason) = match action {
            Action::Shrink { .. } if clashes => (Act::Blocked, Reason::Clash),
            Action::Shrink { why, .. } => match why {
                Why::Converted => (Act::Convert, Reason::Converted),
                Why::BelowTargetUpscaled => (Act::Shrink, Reason::Enlarged),
                Why::OtherShape => (Act::Shrink, Reason::OtherShape),
                _ => (Act::Shrink, Reason::AboveTarget),
            },
            Action::LeaveAlone(why) => match why {
                Why::NameTaken => (Act::Skip, Reason::Clash),
                Why::Animated => (Act::LeaveAlone, Reason::Animated),
                Why::NotRequested => (Act::LeaveAlone, Reason::OtherFormat),
                Why::NotChosen => (Act::LeaveAlone, Reason::NotChosen),
                Why::NotSmaller => (Act::LeaveAlone, Reason::NotSmaller),
                _ => (Act::LeaveAlone, Reason::SmallEnough),
            },
            Action::Refuse(problem) => match problem.code {
                "damaged" | "empty" | "not-an-image" | "unreadable" => (Act::Skip, Reason::Damaged),
                "other-format" => (Act::Skip, Reason::OtherFormat),
                _ => (Act::Skip, Reason::Limit),
            },
        };
        let works = matches!(act, Act::Shrink | Act::Convert);
        Some(Row {
            name: &found.name,
            before,
            after: after.filter(|_| works),
            bytes: found.bytes(),
            bytes_after: predictions.filter(|_| works).and_then(|p| p.bytes_after(plan, at.shard, at.image)),
            act,
            reason,
            format: found.format(),
        })
    }

    /// The reason of a row in full: with its figures and the other file's name.
    pub(super) fn reason_words(&self, plan: &Plan, number: u32, row: &Row<'_>) -> String {
        let target = count(u64::from(plan.settings.picture.target));
        let longest = row.before.map(|size| size.width.max(size.height));
        match row.reason {
            Reason::AboveTarget => longest.map_or_else(String::new, |side| format!("Longest side {}", count(u64::from(side)))),
            Reason::Enlarged => format!("Enlarged to {target}"),
            Reason::OtherShape => "Sides become other ones".into(),
            Reason::Converted => format!("{} becomes JPEG", row.format.map_or("It", format_name)),
            Reason::Clash => match self.clashes.get(&number) {
                Some(other) => format!("Clash: {}", other.to_string_lossy()),
                None => "Clash of names".into(),
            },
            Reason::Damaged | Reason::Limit => self.problem_words(plan, number).unwrap_or_else(|| row.reason.words().into()),
            Reason::OtherFormat => match row.format {
                Some(format) => format!("{}, by request only", format_name(format)),
                None => "Other format".into(),
            },
            Reason::SmallEnough => match plan.settings.picture.fit {
                crate::engine::Fit::Longest | crate::engine::Fit::Shortest => format!("Already {target} or less"),
                _ => "Already small enough".into(),
            },
            Reason::Animated | Reason::NotChosen | Reason::NotSmaller => row.reason.words().into(),
        }
    }

    /// What the problem of a refused image says, without what was left untouched.
    fn problem_words(&self, plan: &Plan, number: u32) -> Option<String> {
        let at = self.at(number)?;
        let Action::Refuse(problem) = plan.shards.get(at.shard)?.actions.get(at.image)? else {
            return None;
        };
        let first = problem.message.split(". ").next().unwrap_or(&problem.message).trim_end_matches('.');
        let mut letters = first.chars();
        let head = letters.next()?.to_uppercase().collect::<String>();
        Some(head + letters.as_str())
    }
}

/// How many images of a plan save how much of their bytes.
#[derive(Debug, Clone, PartialEq, Default)]
pub(in crate::gui) struct Savings {
    /// Images that save up to 5 %, 5 to 10 %, and so on; those that grow are in the first.
    pub(super) bins: [u32; 20],
    /// Half of the images save more.
    pub(super) median: f64,
    pub(super) images: u32,
}

impl Savings {
    /// Of all images with work.
    pub(super) fn new(plan: &Plan, predictions: &Predictions) -> Self {
        let mut shares: Vec<f32> = predictions
            .all(plan)
            .filter_map(|(shard, image, after)| {
                let before = plan.shards.get(shard)?.inventory.images.get(image)?.bytes();
                (before > 0).then(|| (1.0 - after as f64 / before as f64) as f32)
            })
            .collect();
        let mut savings = Self {
            images: u32::try_from(shares.len()).unwrap_or(u32::MAX),
            ..Self::default()
        };
        for share in &shares {
            let bin = (f64::from(*share) * savings.bins.len() as f64).floor().clamp(0.0, 19.0) as usize;
            savings.bins[bin] += 1;
        }
        if !shares.is_empty() {
            let middle = shares.len() / 2;
            let (_, median, _) = shares.select_nth_unstable_by(middle, f32::total_cmp);
            savings.median = f64::from(*median);
        }
        savings
    }
}
