//! What was called done is done for good: any call fails, then the power does, and after recovery every replacement that was reported is
//! there.

use std::io::ErrorKind;
use std::path::Path;

use super::Verdict;
use super::testing::{Mode, SHARD, job, modes, recover_only};
use crate::engine::disk::crash::{Fault, Pick, Remains, Survives};

#[test]
fn what_was_reported_as_done_survives_a_fault_and_a_power_cut() {
    let mut held = 0;
    for mode in modes().into_iter().map(|mode| Mode { images: 2, ..mode }) {
        let whole = mode.disk();
        job(&whole, &mode, "r1").expect("no fault");
        for after in 0..whole.calls() {
            let disk = mode.disk();
            disk.inject(Fault::once(after, ErrorKind::Other));
            let Ok(done) = job(&disk, &mode, "r1") else { continue };
            let cut = disk.after(Survives::Power {
                names: Pick::None,
                data: Remains::Nothing,
            });
            recover_only(&cut, "r2").expect("recovered");
            let files = cut.files();
            for (name, verdict) in &done.verdicts {
                if !matches!(verdict, Verdict::Committed { .. }) {
                    continue;
                }
                let image = mode.images().iter().find(|image| image.source == *name).expect("one of ours");
                let now = files.get(&Path::new(SHARD).join(image.output)).map(Vec::as_slice);
                assert!(
                    now == Some(image.replacement),
                    "{mode:?}: call {after} failed ({:?}), {name} was called done, and the power cut took it",
                    disk.hit()
                );
                held += 1;
            }
        }
    }
    assert!(held > 200, "only {held}");
}
