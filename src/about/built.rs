//! Which build this is. The commit is told by who builds (see `build.rs`), so that the same sources make the same program whether or
//! not they lie in a repository.

/// As in the manifest.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The system it was built for, as compilers call it: `x86_64-unknown-linux-gnu`.
pub const TARGET: &str = env!("SHARDPRESS_TARGET");

/// Said wherever somebody may wonder.
pub const NO_NETWORK: &str = "Shardpress has no network code: it sends nothing, asks nobody for updates and counts nothing about you.";

/// The commit it was built from, where who built it said so.
pub fn commit() -> Option<&'static str> {
    Some(env!("SHARDPRESS_COMMIT")).filter(|commit| !commit.is_empty())
}

/// All of it as one line: `0.1.0, commit 0123456789ab, for x86_64-unknown-linux-gnu`.
pub fn built() -> String {
    line(commit())
}

fn line(commit: Option<&str>) -> String {
    match commit {
        // As long as a person compares.
        Some(commit) => format!("{VERSION}, commit {}, for {TARGET}", commit.get(..12).unwrap_or(commit)),
        None => format!("{VERSION}, for {TARGET}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_is_told_in_one_line() {
        let of = |commit| line(commit).replace(VERSION, "1.2.3").replace(TARGET, "there");
        assert_eq!(of(None), "1.2.3, for there");
        assert_eq!(of(Some("0123456789abcdef0123")), "1.2.3, commit 0123456789ab, for there");
        assert_eq!(of(Some("0123")), "1.2.3, commit 0123, for there");
        assert!(TARGET.contains(std::env::consts::ARCH), "{TARGET}");
    }
}
