//! Opens the window: which graphics, what when there are none, and what after a start that crashed.

use std::ffi::OsString;
use std::path::PathBuf;

use eframe::egui_wgpu::{WgpuConfiguration, WgpuSetup, WgpuSetupCreateNew};
use egui::ViewportBuilder;

use super::app::App;
use super::kept;
use super::office::Places;
use super::shards;
use super::start::Attempt;
use crate::engine::Engine;

/// The window could not be opened, in a sentence that says what to do.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct WindowError(String);

/// The smallest window in which nothing is cut off.
const LEAST: [f32; 2] = [900.0, 600.0];

/// Opens the window with these folders in its list, and comes back when it is closed.
///
/// # Errors
/// There is no display, or nothing on this machine can draw.
pub fn open(folders: &[PathBuf]) -> Result<(), WindowError> {
    if let Some(reason) = no_display() {
        return Err(WindowError(reason));
    }
    let places = Places::of_system();
    let attempt = Attempt::begin(places.config.as_deref());
    let mut first = None;
    for backends in attempt.backends() {
        match open_with(backends, &places, folders, &attempt) {
            Ok(()) => return Ok(()),
            Err(error) => {
                tracing::warn!(?backends, %error, "the window did not open");
                // Later ones may only say that a second try in one process is not possible.
                first.get_or_insert(error);
            }
        }
    }
    attempt.ended();
    Err(WindowError(format!(
        "The window cannot be opened: {}. Nothing was touched. Graphics drivers may be missing: on Debian and Ubuntu `apt-get install \
         mesa-vulkan-drivers libegl1 libgl1-mesa-dri` brings software ones. Everything works without a window, too: `shardpress --help`.",
        first.as_deref().map_or("nothing can draw it", in_short)
    )))
}

fn open_with(backends: wgpu::Backends, places: &Places, folders: &[PathBuf], attempt: &Attempt) -> Result<(), String> {
    let mut loaded = kept::load(places.config.as_deref());
    // Whoever names folders knows what to do with them.
    loaded.is_first &= folders.is_empty();
    let options = eframe::NativeOptions {
        viewport: ViewportBuilder::default()
            .with_title("Shardpress")
            .with_app_id("io.github.shardpress.Shardpress")
            .with_inner_size([1280.0, 800.0])
            .with_min_inner_size(LEAST)
            .with_drag_and_drop(true)
            .with_icon(icon()),
        persistence_path: places.data.as_deref().map(|data| data.join("window.ron")),
        wgpu_options: WgpuConfiguration {
            wgpu_setup: graphics(backends),
            ..WgpuConfiguration::default()
        },
        ..eframe::NativeOptions::default()
    };
    let (places, folders, attempt) = (places.clone(), folders.to_owned(), attempt.clone());
    let run = move || {
        eframe::run_native(
            "shardpress",
            options,
            Box::new(move |context| {
                let engine = Engine::default().marking_in(places.data.clone());
                let mut app = App::new(&context.egui_ctx, engine, places, loaded);
                app.remember_attempt(attempt);
                app.model.about.drawn_by = context.wgpu_render_state.as_ref().map(|state| in_words(&state.adapter.get_info()));
                if !folders.is_empty() {
                    app.send(shards::Command::Add(folders));
                }
                Ok(Box::new(app))
            }),
        )
    };
    // Window systems and drivers panic where they should return an error.
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(panic) => Err(panic
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
            .unwrap_or_else(|| "the graphics library failed".to_owned())),
    }
}

/// What draws the window, for whoever helps somebody.
fn in_words(info: &wgpu::AdapterInfo) -> String {
    let driver = format!("{} {}", info.driver.trim(), info.driver_info.trim());
    let backend = info.backend.to_string();
    let parts = [info.name.trim(), backend.as_str(), driver.trim()];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    crate::report::format::one_line(&parts.join(", "))
}

/// The program's own, for taskbars; nothing where it cannot be drawn, which is no reason not to open.
fn icon() -> egui::IconData {
    const SIDE: u32 = 128;
    let drawn = || {
        let tree = resvg::usvg::Tree::from_data(include_bytes!("../../assets/icon.svg"), &resvg::usvg::Options::default()).ok()?;
        let mut pixels = resvg::tiny_skia::Pixmap::new(SIDE, SIDE)?;
        let scale = SIDE as f32 / tree.size().width();
        resvg::render(&tree, resvg::tiny_skia::Transform::from_scale(scale, scale), &mut pixels.as_mut());
        let rgba = pixels.pixels().iter().flat_map(|pixel| {
            let pixel = pixel.demultiply();
            [pixel.red(), pixel.green(), pixel.blue(), pixel.alpha()]
        });
        Some(egui::IconData {
            rgba: rgba.collect(),
            width: SIDE,
            height: SIDE,
        })
    };
    drawn().unwrap_or_default()
}

fn graphics(backends: wgpu::Backends) -> WgpuSetup {
    let mut new = WgpuSetupCreateNew::without_display_handle();
    new.instance_descriptor.backends = backends;
    WgpuSetup::CreateNew(new)
}

/// An error of the window library without the place in its source that it names.
fn in_short(error: &str) -> &str {
    let error = if error.contains("os error at ") {
        error.rsplit_once(": ").map_or(error, |(_, reason)| reason)
    } else {
        error
    };
    error.trim_end_matches('.')
}

/// Where no window can be shown at all: why, and what to do.
fn no_display() -> Option<String> {
    if cfg!(not(all(unix, not(target_os = "macos")))) {
        return None;
    }
    let there = |name: &str| std::env::var_os(name).is_some_and(|value: OsString| !value.is_empty());
    if ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"].into_iter().any(there) {
        return None;
    }
    Some(
        "There is no display to open the window on (neither DISPLAY nor WAYLAND_DISPLAY is set). Nothing was touched. Over SSH, connect \
         with `ssh -X`; without a screen, `shardpress plan FOLDER` and `shardpress run FOLDER` do the same work on the command line."
            .to_owned(),
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn errors_name_no_source() {
        let error = "winit EventLoopError: os error at /x/platform_impl/linux/mod.rs:788: Failed to open connection to X server";
        assert_eq!(super::in_short(error), "Failed to open connection to X server");
        assert_eq!(super::in_short("No adapter."), "No adapter");
    }

    #[test]
    fn the_icon_is_drawn() {
        let icon = super::icon();
        assert_eq!((icon.width, icon.height, icon.rgba.len()), (128, 128, 128 * 128 * 4));
        assert_eq!(icon.rgba[..4], [0, 0, 0, 0], "the corners are clear");
        let accent = 4 * (128 * 77 + 51);
        assert_eq!(icon.rgba[accent..accent + 4], [0x3c, 0xc8, 0xaa, 0xff]);
    }
}
