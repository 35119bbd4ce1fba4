//! A file as the system's file manager shows it: the folder, with the file marked where the system can do that.

use std::path::Path;

/// Waits for the system: to be called on a worker.
///
/// # Errors
/// What the system says, without a full stop.
pub(super) fn show(path: &Path) -> Result<(), String> {
    let folder = if path.is_dir() { path } else { path.parent().unwrap_or(path) };
    if !folder.exists() {
        return Err("it is not there any more".to_owned());
    }
    if path != folder && mark(path) {
        return Ok(());
    }
    open::that_detached(folder).map_err(|error| error.to_string())
}

#[cfg(target_os = "linux")]
fn mark(path: &Path) -> bool {
    let Some(uri) = file_uri(path) else { return false };
    let told = || -> zbus::Result<()> {
        let bus = zbus::blocking::Connection::session()?;
        bus.call_method(
            Some("org.freedesktop.FileManager1"),
            "/org/freedesktop/FileManager1",
            Some("org.freedesktop.FileManager1"),
            "ShowItems",
            &(vec![uri], ""),
        )?;
        Ok(())
    };
    told().is_ok()
}

/// As RFC 8089 has it; `None` of a path that is not absolute.
#[cfg(target_os = "linux")]
fn file_uri(path: &Path) -> Option<String> {
    use std::fmt::Write as _;
    use std::os::unix::ffi::OsStrExt as _;
    if !path.is_absolute() {
        return None;
    }
    let mut uri = "file://".to_owned();
    for &byte in path.as_os_str().as_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    Some(uri)
}

#[cfg(target_os = "macos")]
fn mark(path: &Path) -> bool {
    std::process::Command::new("open")
        .arg("-R")
        .arg(path)
        .status()
        .is_ok_and(|status| status.success())
}

#[cfg(windows)]
fn mark(path: &Path) -> bool {
    use std::os::windows::process::CommandExt as _;
    // Quotes around the path alone, as Explorer reads them; around all of it, as arguments are quoted otherwise, it shows another folder.
    // No path holds a quote.
    let mut argument = std::ffi::OsString::from("/select,\"");
    argument.push(path);
    argument.push("\"");
    // Explorer ends with 1 also when it did what was asked.
    std::process::Command::new("explorer.exe").raw_arg(argument).spawn().is_ok()
}

#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
fn mark(_: &Path) -> bool {
    false
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn uris() {
        assert_eq!(file_uri(Path::new("/a b/ü%.png")).as_deref(), Some("file:///a%20b/%C3%BC%25.png"));
        assert_eq!(file_uri(Path::new("a")), None);
    }
}
