//! What can be typed after `undo`, `purge` and `status`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

/// Where to look; what these commands share.
#[derive(Debug, Args)]
pub(super) struct Where {
    /// Shards, or folders of shards
    #[arg(required = true, value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// Look for shards at any depth
    #[arg(long)]
    pub(super) recursive: bool,
}

#[derive(Debug, Args)]
pub(super) struct UndoOptions {
    #[command(flatten)]
    pub(super) places: Where,
    /// The run to bring back, as `status` names it [default: the last one of each shard]
    #[arg(long, value_name = "ID")]
    pub(super) run: Option<String>,
    /// Do not ask before the first change
    #[arg(long, short)]
    pub(super) yes: bool,
}

#[derive(Debug, Args)]
pub(super) struct PurgeOptions {
    #[command(flatten)]
    pub(super) places: Where,
    /// Free the originals of this run only, as `status` names it
    #[arg(long, value_name = "ID")]
    pub(super) run: Option<String>,
    /// Free the originals of runs only that began longer ago than this, for example 30d, 12h or 4w
    #[arg(long, value_name = "AGE", value_parser = age)]
    pub(super) older_than: Option<Duration>,
    /// Do not ask before the first change
    #[arg(long, short)]
    pub(super) yes: bool,
}

#[derive(Debug, Args)]
pub(super) struct StatusOptions {
    #[command(flatten)]
    pub(super) places: Where,
    /// Print it as JSON instead of a table
    #[arg(long)]
    pub(super) json: bool,
}

/// `30d`, `12h`, `4w`.
fn age(text: &str) -> Result<Duration, String> {
    let wrong = || format!("\"{text}\" is no age; write a whole number with h, d or w behind it, such as 30d");
    let text = text.trim();
    let (last, _) = text.char_indices().next_back().ok_or_else(wrong)?;
    let (number, unit) = text.split_at(last);
    let hours: u64 = match unit {
        "h" => 1,
        "d" => 24,
        "w" => 7 * 24,
        _ => return Err(wrong()),
    };
    let number = number.trim().parse::<u64>().map_err(|_| wrong())?;
    let seconds = number
        .checked_mul(hours)
        .and_then(|hours| hours.checked_mul(3600))
        .ok_or_else(wrong)?;
    Ok(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages() {
        for (text, hours) in [("30d", Some(720)), ("12h", Some(12)), (" 4 w", Some(672)), ("0d", Some(0))] {
            assert_eq!(age(text).ok(), hours.map(|hours: u64| Duration::from_secs(hours * 3600)), "{text}");
        }
        for text in [
            "",
            "30",
            "d",
            "3m",
            "-1d",
            "1.5d",
            "99999999999999999999d",
            "18446744073709551615w",
            "3ü",
        ] {
            assert!(age(text).is_err_and(|said| said.contains("such as 30d")), "{text}");
        }
    }
}
