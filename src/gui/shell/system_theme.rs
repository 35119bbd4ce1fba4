//! Whether the system is dark or light, and whether it asks for more contrast or less motion, where the window library cannot tell
//! (Linux).

use crate::gui::office::Office;

/// Asks on a worker and tells; where nothing answers, nothing is told.
#[cfg(target_os = "linux")]
pub(super) fn watch(office: &Office) {
    office.spawn("system theme", |courier| {
        let _ = follow(|news| courier.tell(news));
    });
}

#[cfg(not(target_os = "linux"))]
pub(super) fn watch(_: &Office) {}

/// The settings portal's appearance, now and whenever it changes.
#[cfg(target_os = "linux")]
fn follow(mut tell: impl FnMut(super::News)) -> zbus::Result<()> {
    const PORTAL: &str = "org.freedesktop.portal.Desktop";
    const PATH: &str = "/org/freedesktop/portal/desktop";
    const SETTINGS: &str = "org.freedesktop.portal.Settings";
    const SPACE: &str = "org.freedesktop.appearance";
    let bus = zbus::blocking::Connection::session()?;
    let proxy = zbus::blocking::Proxy::new(&bus, PORTAL, PATH, SETTINGS)?;
    // Before the first question, or a change in between would be missed.
    let changes = proxy.receive_signal("SettingChanged")?;
    for key in ["color-scheme", "contrast", "reduced-motion"] {
        // An older portal knows the first alone; that is no reason to give up.
        let value: zbus::Result<zbus::zvariant::OwnedValue> = proxy.call("Read", &(SPACE, key));
        if let Some(news) = value.ok().and_then(|value| meaning(key, &value)) {
            tell(news);
        }
    }
    for change in changes {
        let body = change.body();
        let (space, key, value): (String, String, zbus::zvariant::Value<'_>) = body.deserialize()?;
        if space == SPACE
            && let Some(news) = meaning(&key, &value)
        {
            tell(news);
        }
    }
    Ok(())
}

/// What a value says. Of schemes 1 is dark, 2 is light, and 0 is no preference.
#[cfg(target_os = "linux")]
fn meaning(key: &str, value: &zbus::zvariant::Value<'_>) -> Option<super::News> {
    let number = match value {
        zbus::zvariant::Value::U32(number) => *number,
        // The value comes in one or two wrappings, as portals are of different age.
        zbus::zvariant::Value::Value(inner) => return meaning(key, inner),
        _ => return None,
    };
    match (key, number) {
        ("color-scheme", 1 | 2) => Some(super::News::SystemTheme { dark: number == 1 }),
        ("contrast", _) => Some(super::News::SystemContrast(number == 1)),
        ("reduced-motion", _) => Some(super::News::SystemStill(number == 1)),
        _ => None,
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::super::News;
    use super::meaning;
    use zbus::zvariant::Value;

    #[test]
    fn schemes() {
        let wrapped = |scheme: u32| Value::Value(Box::new(Value::U32(scheme)));
        assert!(matches!(
            meaning("color-scheme", &Value::U32(1)),
            Some(News::SystemTheme { dark: true })
        ));
        assert!(matches!(
            meaning("color-scheme", &wrapped(2)),
            Some(News::SystemTheme { dark: false })
        ));
        assert!(matches!(meaning("contrast", &wrapped(1)), Some(News::SystemContrast(true))));
        assert!(matches!(meaning("reduced-motion", &wrapped(0)), Some(News::SystemStill(false))));
        assert!(meaning("color-scheme", &wrapped(0)).is_none());
        assert!(meaning("color-scheme", &Value::Bool(true)).is_none());
        assert!(meaning("accent-color", &Value::U32(1)).is_none());
    }
}
