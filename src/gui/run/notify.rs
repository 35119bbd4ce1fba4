//! A sign of the desktop to somebody who looks elsewhere. Called on a worker; where a desktop has no such thing, or does not answer,
//! nothing happens: the window says the same.

/// Shows a title and a sentence.
pub(super) fn show(title: &str, text: &str) {
    if let Err(error) = system::show(title, text) {
        tracing::debug!(%error, "no desktop notification");
    }
}

/// `org.freedesktop.Notifications`.
#[cfg(target_os = "linux")]
mod system {
    use std::collections::HashMap;

    use zbus::zvariant::Value;

    pub(super) fn show(title: &str, text: &str) -> zbus::Result<()> {
        const SERVICE: &str = "org.freedesktop.Notifications";
        const PATH: &str = "/org/freedesktop/Notifications";
        let bus = zbus::blocking::Connection::session()?;
        let hints = HashMap::from([("desktop-entry", Value::from("io.github.shardpress.Shardpress"))]);
        // Of this program, replacing none, with its icon, without buttons, as long as the desktop thinks fit.
        let body = (
            "Shardpress",
            0_u32,
            "io.github.shardpress.Shardpress",
            title,
            plain(text),
            Vec::<&str>::new(),
            hints,
            -1_i32,
        );
        bus.call_method(Some(SERVICE), PATH, Some(SERVICE), "Notify", &body).map(|_| ())
    }

    /// Some desktops take the text for markup.
    fn plain(text: &str) -> String {
        text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
    }

    #[cfg(test)]
    mod tests {
        #[test]
        fn a_name_is_no_markup() {
            assert_eq!(super::plain("<b>a&b</b>"), "&lt;b&gt;a&amp;b&lt;/b&gt;");
        }
    }
}

/// A toast. Without an installed shortcut of ours Windows shows it in PowerShell's name.
#[cfg(windows)]
mod system {
    use tauri_winrt_notification::Toast;

    pub(super) fn show(title: &str, text: &str) -> Result<(), String> {
        let toast = Toast::new(Toast::POWERSHELL_APP_ID).title(title).text1(text);
        toast.show().map_err(|error| error.to_string())
    }
}

/// What every Mac has for it. Title and text are arguments of the script, never part of it.
#[cfg(target_os = "macos")]
mod system {
    use std::process::{Command, Stdio};

    pub(super) fn show(title: &str, text: &str) -> std::io::Result<()> {
        let script = "on run argv\ndisplay notification (item 2 of argv) with title (item 1 of argv)\nend run";
        Command::new("osascript")
            .args(["-e", script, "--", title, text])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .map(|_| ())
    }
}

#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
mod system {
    pub(super) fn show(_: &str, _: &str) -> Result<(), &'static str> {
        Err("this system is not known to have any")
    }
}
