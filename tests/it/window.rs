//! The window where it cannot be: without a display it says so in a sentence, and how the work is done without.

use super::fixture::Fixture;

/// Neither a display nor a panic.
#[test]
#[cfg(all(feature = "gui", target_os = "linux"))]
fn without_a_display_a_sentence_says_what_to_do() {
    // None at all, and two that nobody answers on.
    for (name, value) in [("", ""), ("DISPLAY", ":9871"), ("WAYLAND_DISPLAY", "nobody-there")] {
        for arguments in [&[][..], &["window"]] {
            let fixture = Fixture::new();
            let mut command = fixture.command();
            command
                .env_remove("DISPLAY")
                .env_remove("WAYLAND_DISPLAY")
                .env_remove("WAYLAND_SOCKET");
            command.env("XDG_RUNTIME_DIR", fixture.beside("runtime"));
            if !name.is_empty() {
                command.env(name, value);
            }
            let finished = super::fixture::finish(command.args(arguments).spawn().expect("the program starts"))
                .ends_with(4)
                .says(&["Nothing was touched", "shardpress"]);
            assert!(
                !finished.err.contains("panicked") && !finished.err.contains(".rs:"),
                "{}",
                finished.err
            );
            assert!(!fixture.config().join("shardpress/window.starting").exists());
        }
    }
}

/// Built without it, the program says that.
#[test]
#[cfg(not(feature = "gui"))]
fn without_the_window_a_sentence_says_so() {
    let fixture = Fixture::new();
    let _ = fixture.shardpress([""; 0]).ends_with(4).says(&["without its window", "--help"]);
}
