//! Settings: texts that people and other programs wrote. What makes no sense is told; what makes sense survives being written and
//! read again.

use std::path::PathBuf;

use crate::engine::settings::{Fit, Globs, Layer, Origin, Originals, Settings, Slice};

/// A preset or a library's file of any text, then single words of it.
pub(crate) fn fuzz_settings(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    layers(text);
    for word in text.lines().take(20) {
        words(word);
    }
}

fn layers(text: &str) {
    let layer = match Layer::parse(text) {
        Ok(layer) => layer,
        Err(problem) => return assert!(!problem.is_empty(), "a problem without words"),
    };
    let library = Settings::resolve(vec![(Origin::Library(PathBuf::from("lib")), layer.clone())]);
    if library.settings.safety.originals == Originals::Delete {
        assert!(
            !library.problems.is_empty(),
            "somebody else's folder asks to delete originals, and nobody is asked"
        );
    }
    let preset = Settings::resolve(vec![(Origin::Preset("p".into()), layer)]);
    for problem in preset.problems.iter().chain(&library.problems) {
        assert!(problem.trim().len() > 10, "no sentence: {problem:?}");
    }
    if !preset.problems.is_empty() {
        return;
    }
    let written = preset.settings.to_preset("a \"description\"\n");
    let again = Layer::parse(&written).expect("what was written is read");
    let again = Settings::resolve(vec![(Origin::Preset("p".into()), again)]);
    assert_eq!(again.problems, Vec::<String>::new(), "{written}");
    assert_eq!(again.settings, preset.settings, "{written}");
    // As in a report.
    let json = serde_json::to_string(&preset.settings).expect("plain values");
    let again: Settings = serde_json::from_str(&json).expect("what was written is read");
    assert_eq!(again, preset.settings, "{json}");
    // Whatever passed the check of settings is fit for use.
    for globs in [
        &preset.settings.choose.include,
        &preset.settings.choose.exclude,
        &preset.settings.choose.shards,
    ] {
        let globs = Globs::new(globs).expect("globs without a problem");
        let _ = globs.matches("a".as_ref(), "b.png".as_ref());
    }
}

fn words(word: &str) {
    if let Ok(fit) = word.parse::<Fit>() {
        let text = fit.to_string();
        assert_eq!(text.parse::<Fit>(), Ok(fit), "{text}");
    }
    if let Ok(slice) = word.parse::<Slice>() {
        let text = slice.to_string();
        assert_eq!(text.parse::<Slice>(), Ok(slice), "{text}");
    }
}
