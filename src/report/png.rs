//! A plot as a PNG, for places that take no SVG. Drawn from the same SVG, with the font that the program brings, so that it
//! looks the same on every machine.

use std::path::Path;
use std::sync::Arc;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{self, fontdb};

use super::ReportError;
use super::file::{check_ending, check_place, write_whole};
use super::html::figure;
use super::plots::Plot;

/// What the file says of who made it: tells our files from others. Stands among its first bytes.
pub(super) const MARK: &str = "Shardpress plot";

/// Pixels of one point: sharp on a dense screen and in print.
const SCALE: f32 = 3.0;

/// What the font calls itself.
const FAMILY: &str = "Inter Variable";

static INTER: &[u8] = include_bytes!("../../assets/fonts/InterTab.ttf");

/// The plot as the bytes of a PNG. `Err`: a fault of ours, in a few words.
fn png(plot: &Plot) -> Result<Vec<u8>, String> {
    let (drawing, [width, height]) = figure(plot);
    let mut fonts = fontdb::Database::new();
    fonts.load_font_data(INTER.to_vec());
    fonts.set_sans_serif_family(FAMILY);
    let options = usvg::Options {
        font_family: FAMILY.to_owned(),
        fontdb: Arc::new(fonts),
        ..usvg::Options::default()
    };
    let tree = usvg::Tree::from_str(&drawing, &options).map_err(|error| error.to_string())?;
    let side = |points: f64| (points as f32 * SCALE).ceil() as u32;
    let mut pixels = Pixmap::new(side(width), side(height)).ok_or("it would be too large")?;
    resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, pixels.width(), pixels.height());
    encoder.set_color(png::ColorType::Rgba);
    encoder
        .add_text_chunk("Software".to_owned(), MARK.to_owned())
        .map_err(|error| error.to_string())?;
    // The ground is opaque, so colours are not multiplied by anything.
    encoder
        .write_header()
        .and_then(|mut writer| writer.write_image_data(pixels.data()))
        .map_err(|error| error.to_string())?;
    Ok(bytes)
}

/// Writes a plot to `path`, which ends in `.png`. An earlier plot of ours of that name is replaced, anything else is refused:
/// there may be pictures here that are somebody's.
///
/// # Errors
/// The name does not end in `.png`, something else bears it, or the system refused. What was there before is unchanged.
pub fn write_png(plot: &Plot, path: &Path) -> Result<(), ReportError> {
    check_ending(path, "png")?;
    check_place(path)?;
    let bytes = png(plot).map_err(|reason| ReportError::Draw {
        path: path.to_owned(),
        reason,
    })?;
    write_whole(path, |file| file.write_all(&bytes))
}

#[cfg(test)]
mod tests {
    use super::super::{Report, plots, samples};
    use super::*;

    #[test]
    fn every_plot_is_drawn_and_known_for_ours() {
        let place = tempfile::tempdir().unwrap();
        let all = plots(&Report::new(&samples::run()));
        assert!(all.len() >= 4, "{}", all.len());
        for plot in &all {
            let path = place.path().join("plot.png");
            write_png(plot, &path).unwrap();
            let file = std::io::BufReader::new(std::fs::File::open(&path).unwrap());
            let mut reader = png::Decoder::new(file).read_info().unwrap();
            let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
            let frame = reader.next_frame(&mut pixels).unwrap();
            assert!(frame.width > 1600 && frame.height > 200, "{}: {frame:?}", plot.title);
            // Text was found and drawn: the title is dark, and nothing else of a drawing is.
            let dark = pixels.chunks_exact(4).filter(|p| p[0] < 40 && p[1] < 40 && p[2] < 40).count();
            assert!(dark > 200, "{}: {dark}", plot.title);
            assert_eq!(&pixels[..4], [255, 255, 255, 255]);
        }
        let stranger = place.path().join("photo.png");
        std::fs::write(&stranger, b"\x89PNG\r\n\x1a\nmine").unwrap();
        assert!(matches!(write_png(&all[0], &stranger), Err(ReportError::NotOurs { .. })));
        assert!(matches!(
            write_png(&all[0], &place.path().join("plot.jpg")),
            Err(ReportError::PlotEnding { .. })
        ));
    }
}
