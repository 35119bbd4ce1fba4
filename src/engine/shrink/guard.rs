//! A codec's panic is one image's failure, not the run's. The panic is caught; its words and place go into the image's
//! error instead of onto the terminal, where they would break the live line.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    /// `Some` while this thread's panics are ours to report: what the last one said, and where.
    static CAUGHT: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs `work`; a panic comes back as its message and place. What `work` borrowed may be in any state then.
pub(in crate::engine) fn run<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    install();
    CAUGHT.with_borrow_mut(|caught| *caught = Some(String::new()));
    let result = catch_unwind(AssertUnwindSafe(work));
    let caught = CAUGHT.take().unwrap_or_default();
    result.map_err(|payload| if caught.is_empty() { message(&*payload) } else { caught })
}

/// Puts our hook before the one there is, once a process. Threads that are not within [`run`] notice nothing.
fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |info| {
            let ours = CAUGHT.with_borrow_mut(|caught| {
                let Some(text) = caught else { return false };
                *text = message(info.payload());
                if let Some(place) = info.location() {
                    *text += &format!(" ({}:{})", place.file(), place.line());
                }
                true
            });
            if !ours {
                before(info);
            }
        }));
    });
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without words").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panics_come_back_as_text() {
        assert_eq!(run(|| 7), Ok(7));
        let text = run(|| -> u8 { panic!("oh {}", "no") }).unwrap_err();
        assert!(text.starts_with("oh no (") && text.contains("guard.rs:"), "{text}");
        assert_eq!(run(|| 8), Ok(8));
        CAUGHT.with_borrow(|caught| assert!(caught.is_none()));
    }
}
