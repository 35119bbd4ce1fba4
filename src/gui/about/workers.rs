//! What happens on other threads: looking at the machine, unpacking the licences, gathering diagnostics.

use std::path::PathBuf;

use super::{Facts, News, Place};
use crate::about::{Diagnostics, licences};
use crate::engine::{Settings, this_machine};
use crate::gui::kept;
use crate::gui::office::{Courier, Office};
use crate::gui::shards;

/// Looks at what the page shows: quick, for all that costs seconds is left to [`gather`].
pub(super) fn look(office: &Office) {
    let places = office.places.clone();
    office.spawn("about", move |courier| {
        let place = |what, path: Option<PathBuf>| Place {
            what,
            is_there: path.as_deref().is_some_and(|path| path.exists()),
            path,
        };
        let config = places.config.as_deref();
        courier.tell(News::Facts(Box::new(Facts {
            machine: this_machine(&Settings::default(), "cpu"),
            places: vec![
                place("Presets of your own", config.map(|config| config.join("presets"))),
                place("What the window remembers", config.map(kept::file)),
                place("Reports of all runs", places.history()),
            ],
            home: shards::home(),
        })));
    });
}

pub(super) fn unpack(office: &Office) {
    office.spawn("licences", |courier| courier.tell(News::Licences(licences())));
}

/// What `shardpress doctor` tells, without anything of the person's, and what only the window knows. Loads the drivers of graphics cards.
pub(super) fn gather(drawn_by: Option<String>, office: &Office) {
    let gathering = Gathering {
        courier: office.courier(),
        text: None,
    };
    office.spawn("diagnostics", move |_| {
        // The whole of it, since it tells by being dropped.
        let mut gathering = gathering;
        let drawn_by = drawn_by.unwrap_or_else(|| "unknown".to_owned());
        let more = [("Window drawn by", drawn_by), ("Session", session())];
        gathering.text = Some(Diagnostics::look(&[]).to_share(shards::home().as_deref(), &more));
    });
}

/// What the desktop calls itself.
fn session() -> String {
    let told = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let parts: Vec<String> = ["XDG_SESSION_TYPE", "XDG_CURRENT_DESKTOP"].into_iter().filter_map(told).collect();
    if parts.is_empty() {
        "not told".to_owned()
    } else {
        parts.join(", ")
    }
}

/// Tells what was gathered, also where a driver panicked: otherwise the button would wait for ever.
struct Gathering {
    courier: Courier,
    text: Option<String>,
}

impl Drop for Gathering {
    fn drop(&mut self) {
        self.courier.tell(News::Diagnostics(self.text.take()));
    }
}
