//! What happens on other threads: finding a place for the sample library, the system's dialog, and writing it.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::News;
use crate::engine::write_sample_telling;
use crate::gui::office::{Courier, Office};

/// The folder of a sample library.
const NAME: &str = "Shardpress sample";
/// A dialog that ends sooner was never there: nobody cancels that fast.
const NOBODY_CANCELS: Duration = Duration::from_millis(300);

/// A folder that does not exist yet, in the first of these that does.
pub(super) fn place(inside: &[PathBuf]) -> Option<PathBuf> {
    let inside = inside.iter().find(|folder| folder.is_dir()).or(inside.last())?;
    free_in(inside)
}

fn free_in(folder: &Path) -> Option<PathBuf> {
    let name = |at: u32| if at == 1 { NAME.to_owned() } else { format!("{NAME} {at}") };
    (1..1000).map(|at| folder.join(name(at))).find(|path| !path.exists())
}

/// The system's dialog for the folder in which the sample library gets one of its own.
pub(super) fn choose(courier: &Courier) {
    let begun = Instant::now();
    match rfd::FileDialog::new().set_title("Where the sample library goes").pick_folder() {
        Some(folder) => courier.tell(News::Place(free_in(&folder))),
        None if begun.elapsed() < NOBODY_CANCELS => courier.tell(News::NoDialog),
        None => {}
    }
}

/// Writes the sample library, and tells how far it is.
pub(super) fn write(folder: PathBuf, office: &Office) {
    let over = Over {
        courier: office.courier(),
        told: false,
    };
    office.spawn("sample library", move |courier| {
        // The whole of it, since it tells by being dropped.
        let mut over = over;
        let news = match write_sample_telling(&folder, |done| courier.tell(News::Wrote(done))) {
            Ok(summary) => News::Written { folder, summary },
            Err(error) => News::Failed(format!("{error}.")),
        };
        over.told = true;
        courier.tell(news);
    });
}

/// Tells that it is over, also where a picture panicked or no thread was to be had: otherwise the page would wait for ever.
struct Over {
    courier: Courier,
    told: bool,
}

impl Drop for Over {
    fn drop(&mut self) {
        if !self.told {
            let sentence = "A part of the program failed while it drew the sample library. Some of its files may be there; nothing else was \
                            touched. Begin with a folder of your own, and please report this.";
            self.courier.tell(News::Failed(sentence.to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_and_in_a_folder_that_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let (pictures, home) = (folder.path().join("Pictures"), folder.path().to_owned());
        let both = [pictures.clone(), home.clone()];
        assert_eq!(place(&both), Some(home.join(NAME)));
        std::fs::create_dir(&pictures).unwrap();
        assert_eq!(place(&both), Some(pictures.join(NAME)));
        std::fs::create_dir(pictures.join(NAME)).unwrap();
        assert_eq!(place(&both), Some(pictures.join(format!("{NAME} 2"))));
        assert_eq!(place(&[home.join("nowhere")]), Some(home.join("nowhere").join(NAME)));
        assert_eq!(place(&[]), None);
    }
}
