//! `shardpress`: without arguments the window, otherwise the command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    shardpress::process::prepare();
    shardpress::cli::main()
}
