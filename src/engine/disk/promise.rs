//! Where "saved" may not mean saved: mounts whose sync does not wait for the drive. Nothing here can make such a mount safe;
//! a person is told before the run, since only they can choose another mount or keep the originals.

use std::path::Path;

/// Why a file that was synced at `path` may still be lost in a power cut, as a clause; `None` where nothing speaks against the
/// mount. Only what mounts say of themselves is known: a drive or a server that lies cannot be told.
pub(crate) fn weak_sync(path: &Path) -> Option<&'static str> {
    #[cfg(target_os = "linux")]
    {
        // The table of mounts of this very process, a file of the kernel's.
        let table = std::fs::read("/proc/self/mountinfo").ok()?;
        mounts::weakness(&table, path)
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = path;
        None
    }
}

#[cfg(target_os = "linux")]
mod mounts {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;
    use std::path::{Path, PathBuf};

    /// What the mount that holds `path` (absolute, links resolved) says of itself. `table` is of the form of
    /// `/proc/self/mountinfo`, proc(5).
    pub(super) fn weakness(table: &[u8], path: &Path) -> Option<&'static str> {
        let mounts = table.split(|&byte| byte == b'\n').filter_map(Mount::read);
        let holding = mounts.filter(|mount| path.starts_with(&mount.point));
        // The deepest; of two on one point the later one, which covers the other.
        holding.max_by_key(|mount| mount.point.components().count())?.weakness()
    }

    struct Mount {
        point: PathBuf,
        kind: String,
        /// Of the mount, and of the file system.
        options: Vec<String>,
    }

    impl Mount {
        fn read(line: &[u8]) -> Option<Self> {
            let fields: Vec<&[u8]> = line.split(|&byte| byte == b' ').collect();
            // Optional fields end with a lone hyphen.
            let end = fields.iter().skip(6).position(|field| *field == b"-")? + 6;
            let text = |at: usize| fields.get(at).map(|field| String::from_utf8_lossy(field).into_owned());
            let options = [text(5)?, text(end + 3).unwrap_or_default()];
            Some(Self {
                point: PathBuf::from(OsString::from_vec(unescaped(fields.get(4)?))),
                kind: text(end + 1)?,
                options: options.iter().flat_map(|all| all.split(',')).map(str::to_owned).collect(),
            })
        }

        fn weakness(&self) -> Option<&'static str> {
            let has = |option: &str| self.options.iter().any(|it| it == option);
            match self.kind.as_str() {
                // Measured: its sync succeeded while the server had nothing for seconds.
                "fuse.rclone" => Some("rclone calls a file saved before the server has it"),
                "cifs" | "smb3" if has("nostrictsync") => Some("it is mounted with nostrictsync, so saving does not wait for the server"),
                "ext3" | "ext4" | "reiserfs" | "xfs" if has("nobarrier") || has("barrier=0") || has("barrier=none") => {
                    Some("it is mounted without write barriers")
                }
                "btrfs" if has("nobarrier") => Some("it is mounted without write barriers"),
                "overlay" if has("volatile") => Some("it is mounted volatile, so nothing is synced"),
                _ => None,
            }
        }
    }

    /// Blank, tab, line end and backslash stand as `\` and three octal digits.
    fn unescaped(field: &[u8]) -> Vec<u8> {
        let mut plain = Vec::with_capacity(field.len());
        let mut rest = field;
        while let Some((&byte, after)) = rest.split_first() {
            let digits = after.get(..3).filter(|digits| digits.iter().all(|d| (b'0'..=b'7').contains(d)));
            match digits {
                Some(digits) if byte == b'\\' => {
                    plain.push(digits.iter().fold(0u8, |value, d| value.wrapping_mul(8).wrapping_add(d - b'0')));
                    rest = &after[3..];
                }
                _ => {
                    plain.push(byte);
                    rest = after;
                }
            }
        }
        plain
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        const TABLE: &str = "\
22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
30 22 0:40 / /mnt/my\\040cloud rw,nosuid - fuse.rclone drive: rw,user_id=0
31 22 8:17 / /mnt/fast rw shared:7 master:2 - ext4 /dev/sdb1 rw,nobarrier
32 31 8:18 / /mnt/fast/safe rw - ext4 /dev/sdc1 rw,barrier=1
33 22 0:41 / /mnt/nas rw - cifs //nas/share rw,vers=3.1.1,nostrictsync
34 22 0:42 / /mnt/strict rw - cifs //nas/other rw,vers=3.1.1
35 22 8:19 / /mnt/cover rw - ext4 /dev/sdd1 rw,barrier=0
36 22 8:20 / /mnt/cover rw - ext4 /dev/sde1 rw
";

        #[test]
        fn the_mount_that_holds_a_path_is_asked() {
            let weak = |path: &str| weakness(TABLE.as_bytes(), Path::new(path));
            assert!(weak("/mnt/my cloud/shard").expect("rclone").contains("rclone"));
            assert!(weak("/mnt/fast/shard").expect("no barriers").contains("barriers"));
            assert!(weak("/mnt/nas/a/b").expect("not strict").contains("nostrictsync"));
            for fine in ["/srv/x", "/mnt/fast/safe/x", "/mnt/strict", "/mnt/fastest", "/mnt/cover/x"] {
                assert_eq!(weak(fine), None, "{fine}");
            }
        }

        #[test]
        fn a_table_that_makes_no_sense_says_nothing() {
            for table in [
                "",
                "\n\n",
                "1 2 3",
                "22 1 8:1 / / rw - ext4",
                "22 1 8:1 / / rw,relatime ext4 /dev/sda1 rw",
            ] {
                assert_eq!(weakness(table.as_bytes(), Path::new("/x")), None, "{table:?}");
            }
        }
    }
}
