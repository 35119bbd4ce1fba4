//! Reports are read back, from the history or wherever they were written as JSON. Of the same version, older reports lack
//! fields and newer ones have more: both are read. Another version is refused by name, and never guessed at.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::file::ReportError;
use super::value::{FORMAT, Report, VERSION};
use crate::engine::Settings;

/// What every version of the value has.
#[derive(Deserialize)]
struct Head {
    format: String,
    version: u32,
}

/// Reads a report.
pub fn read(path: &Path) -> Result<Report, ReportError> {
    let error = |reason: String| ReportError::Read {
        path: path.to_owned(),
        reason,
    };
    let bytes = fs::read(path).map_err(|source| error(super::file::reason(&source)))?;
    parse(&bytes).map_err(error)
}

/// The report that these bytes are, or why they are none.
pub(crate) fn parse(bytes: &[u8]) -> Result<Report, String> {
    check_head(bytes)?;
    let first = match serde_json::from_slice(bytes) {
        Ok(report) => return Ok(report),
        Err(error) => error.to_string(),
    };
    // Settings refuse what they do not know, as a preset must; a newer program may know more of them.
    let mut value: Value = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let known = serde_json::to_value(Settings::default()).map_err(|error| error.to_string())?;
    if let Some(settings) = value.get_mut("settings") {
        drop_unknown(settings, &known);
    }
    serde_json::from_value(value).map_err(|_| first)
}

/// Whether it is a report, and of this version.
pub(super) fn check_head(bytes: &[u8]) -> Result<(), String> {
    let head: Head = serde_json::from_slice(bytes).map_err(|_| "it is no report".to_owned())?;
    if head.format != FORMAT {
        return Err("it is no report".to_owned());
    }
    if head.version != VERSION {
        return Err(format!("its version is {}, this program reads version {VERSION}", head.version));
    }
    Ok(())
}

fn drop_unknown(value: &mut Value, known: &Value) {
    if let (Value::Object(fields), Value::Object(known)) = (value, known) {
        fields.retain(|name, _| known.contains_key(name));
        for (name, field) in fields {
            drop_unknown(field, &known[name]);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::samples;
    use super::*;

    #[test]
    fn older_and_newer_reports_of_this_version_are_read() {
        let report = Report::new(&samples::run());
        let value = serde_json::to_value(&report).unwrap();
        let parsed = |value: &Value| parse(value.to_string().as_bytes());

        let mut newer = value.clone();
        newer["weather"] = json!({"rain": true});
        newer["totals"]["dreams"] = json!(3);
        newer["settings"]["picture"]["sharpen"] = json!(0.5);
        newer["settings"]["kitchen"] = json!({});
        newer["shards"][0]["images"][0]["mood"] = json!(88.1);
        assert_eq!(parsed(&newer).as_ref(), Ok(&report));

        let mut older = value.clone();
        for field in ["load_speed", "parts", "card"] {
            older.as_object_mut().unwrap().remove(field);
        }
        older["settings"]["picture"].as_object_mut().unwrap().remove("fit");
        let older = parsed(&older).unwrap();
        assert_eq!((older.load_speed, older.settings == report.settings), (None, true));

        let refused = |change: &dyn Fn(&mut Value), says: &str| {
            let mut wrong = value.clone();
            change(&mut wrong);
            let error = parsed(&wrong).unwrap_err();
            assert!(error.contains(says), "{error}");
        };
        refused(&|v| v["version"] = json!(2), "its version is 2, this program reads version 1");
        refused(&|v| v["format"] = json!("other"), "no report");
        refused(&|v| v["totals"]["shards"] = json!("many"), "invalid type");
        refused(&|v| v["settings"]["picture"]["filter"] = json!("magic"), "magic");
    }
}
