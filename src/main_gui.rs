//! `shardpress-gui`: the window, without a console on Windows. What shortcuts, file managers and the desktop start.

#![cfg_attr(windows, windows_subsystem = "windows")]

use std::process::ExitCode;

fn main() -> ExitCode {
    shardpress::process::prepare();
    shardpress::cli::window_alone()
}
