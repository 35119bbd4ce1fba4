//! One question, asked once.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

/// How it was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// A clear yes.
    Yes,
    /// Anything else, also the end of the input.
    No,
    /// A signal came instead.
    Interrupted,
}

/// Signals are looked for this often.
const LOOK: Duration = Duration::from_millis(50);

/// Whether there is somebody to ask.
pub(super) fn can_ask() -> bool {
    io::stdin().is_terminal()
}

/// Asks on standard error, until there is an answer or `interrupted` says that nobody waits for one any more.
pub(super) fn ask(question: &str, interrupted: impl Fn() -> bool) -> Answer {
    let mut err = io::stderr().lock();
    let _ = write!(err, "{} [y/N] ", crate::report::format::one_line(question));
    let _ = err.flush();
    drop(err);
    // A read is begun again after a signal, so that it would never end by one; it has a thread of its own, which ends
    // with the program.
    let (sender, answers) = mpsc::channel();
    std::thread::spawn(move || {
        let mut answer = String::new();
        let read = io::stdin().read_line(&mut answer);
        let _ = sender.send(read.is_ok() && means_yes(&answer));
    });
    let answer = wait(&answers, interrupted);
    if answer == Answer::Interrupted {
        let _ = writeln!(io::stderr().lock());
    }
    answer
}

fn wait(answers: &Receiver<bool>, interrupted: impl Fn() -> bool) -> Answer {
    loop {
        // First: a signal that came together with the answer counts.
        if interrupted() {
            return Answer::Interrupted;
        }
        match answers.recv_timeout(LOOK) {
            Ok(_) if interrupted() => return Answer::Interrupted,
            Ok(true) => return Answer::Yes,
            Ok(false) | Err(RecvTimeoutError::Disconnected) => return Answer::No,
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

fn means_yes(answer: &str) -> bool {
    matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_yes() {
        for (answer, expected) in [
            ("y\n", true),
            ("YES\n", true),
            ("\n", false),
            ("n\n", false),
            ("yep\n", false),
            ("", false),
        ] {
            assert_eq!(means_yes(answer), expected, "{answer:?}");
        }
    }

    #[test]
    fn a_signal_ends_the_question() {
        let (sender, answers) = mpsc::channel();
        // Nobody answers: only the signal can end this.
        let looks = std::cell::Cell::new(0);
        let after_three = || {
            looks.set(looks.get() + 1);
            looks.get() > 3
        };
        assert_eq!(wait(&answers, after_three), Answer::Interrupted);
        for (answer, interrupted, expected) in [
            (true, false, Answer::Yes),
            (false, false, Answer::No),
            (true, true, Answer::Interrupted),
        ] {
            sender.send(answer).expect("a listener");
            assert_eq!(wait(&answers, || interrupted), expected);
            let _ = answers.try_recv();
        }
        drop(sender);
        assert_eq!(wait(&answers, || false), Answer::No, "the end of the input");
    }
}
