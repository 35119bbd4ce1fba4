//! Pictures on their way to the screen: a picture and its halves, made by workers, and the textures made of them while they
//! are drawn.
//!
//! A graphics card that shows a large picture small skips pixels, which glitters; so the half is drawn that is just larger
//! than what is seen. Only what is drawn becomes a texture, and textures that were not drawn for longest go first.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use egui::{Color32, ColorImage, Painter, Pos2, Rect, TextureFilter, TextureHandle, TextureOptions, Ui, pos2, vec2};

use crate::engine::{Picture, Size};

/// A picture in memory, and its halves down to a few pixels.
#[derive(Clone)]
pub(in crate::gui) struct Sheet {
    id: u64,
    /// Of the picture that it stands for; a large original is held reduced.
    pub(super) size: Size,
    levels: Vec<Arc<ColorImage>>,
}

impl fmt::Debug for Sheet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sheet({} x {}, {} bytes)", self.size.width, self.size.height, self.bytes())
    }
}

/// Halves end at this side, pixels: nothing is shown smaller.
const SMALLEST: u32 = 48;

impl Sheet {
    /// For a picture that stands for one of this size. To be made by a worker.
    pub(super) fn new(picture: Picture, size: Size) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let mut levels = Vec::new();
        let mut next = Some(picture);
        while let Some(picture) = next {
            let sides = [picture.size.width as usize, picture.size.height as usize];
            levels.push(Arc::new(ColorImage::from_rgba_premultiplied(sides, &picture.rgba)));
            next = if picture.size.longest() > 2 * SMALLEST {
                picture.halved()
            } else {
                None
            };
        }
        Self {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            size,
            levels,
        }
    }

    /// Memory of its pixels, bytes.
    pub(super) fn bytes(&self) -> usize {
        self.levels.iter().map(|level| level.pixels.len() * 4).sum()
    }

    /// It has fewer pixels than the picture it stands for.
    pub(super) fn is_reduced(&self) -> bool {
        self.held_width() < self.size.width
    }

    /// Pixels across that it holds.
    pub(super) fn held_width(&self) -> u32 {
        self.levels.first().map_or(0, |level| level.size[0] as u32)
    }

    /// The smallest level that is about `width` pixels wide or more, of those that the graphics card takes: to be enlarged a
    /// little is seen less than pixels that are skipped.
    fn level_for(&self, width: f32, most_side: usize) -> usize {
        let fits = |level: &Arc<ColorImage>| level.size[0].max(level.size[1]) <= most_side;
        let first = self.levels.iter().position(fits).unwrap_or(self.levels.len().saturating_sub(1));
        let enough = self.levels.iter().rposition(|level| level.size[0] as f32 >= 0.85 * width);
        enough.unwrap_or(0).max(first)
    }
}

/// A part of a picture in its own pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::gui) struct Region {
    pub(super) left: u32,
    pub(super) top: u32,
    pub(super) size: Size,
}

impl Region {
    /// Every pixel of `other` is in it.
    pub(super) fn holds(&self, other: &Self) -> bool {
        let end = |region: &Self| (region.left + region.size.width, region.top + region.size.height);
        let ((right, bottom), (other_right, other_bottom)) = (end(self), end(other));
        self.left <= other.left && self.top <= other.top && right >= other_right && bottom >= other_bottom
    }
}

/// Textures by sheet, level and filter.
pub(super) struct Textures {
    /// Textures beyond this go, those not drawn for longest first. Bytes.
    most: usize,
    held: HashMap<(u64, usize, bool), Held>,
    frame: u64,
    bytes: usize,
}

struct Held {
    texture: TextureHandle,
    bytes: usize,
    /// Frame in which it was drawn last.
    drawn: u64,
}

impl fmt::Debug for Textures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Textures({}, {} bytes)", self.held.len(), self.bytes)
    }
}

impl Default for Textures {
    fn default() -> Self {
        Self {
            most: 256 << 20,
            held: HashMap::new(),
            frame: 0,
            bytes: 0,
        }
    }
}

/// From this enlargement on pixels are shown as squares: who looks so closely wants to see them.
const SQUARES: f32 = 3.0;

impl Textures {
    /// To be called once a frame, before anything is drawn.
    pub(super) fn next_frame(&mut self) {
        self.frame += 1;
        if self.bytes <= self.most {
            return;
        }
        let mut oldest: Vec<_> = self.held.iter().map(|(key, held)| (held.drawn, *key)).collect();
        oldest.sort_unstable();
        for (drawn, key) in oldest {
            if self.bytes <= self.most || drawn + 1 >= self.frame {
                break;
            }
            if let Some(held) = self.held.remove(&key) {
                self.bytes -= held.bytes;
            }
        }
    }

    /// Memory of all textures, bytes.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Draws a sheet into `rect`, points.
    pub(super) fn draw(&mut self, canvas: &Canvas, sheet: &Sheet, rect: Rect) {
        let width = rect.width() * canvas.per_point;
        let level = sheet.level_for(width, canvas.most_side);
        let Some(image) = sheet.levels.get(level) else { return };
        let squares = width >= SQUARES * image.size[0] as f32;
        let frame = self.frame;
        let bytes = &mut self.bytes;
        let held = self.held.entry((sheet.id, level, squares)).or_insert_with(|| {
            let magnification = if squares { TextureFilter::Nearest } else { TextureFilter::Linear };
            let options = TextureOptions {
                magnification,
                ..TextureOptions::LINEAR
            };
            let size = image.pixels.len() * 4;
            *bytes += size;
            Held {
                texture: canvas.painter.ctx().load_texture("preview", Arc::clone(image), options),
                bytes: size,
                drawn: frame,
            }
        });
        held.drawn = frame;
        let whole = Rect::from_min_max(Pos2::ZERO, pos2(1.0, 1.0));
        canvas.painter.image(held.texture.id(), rect, whole, Color32::WHITE);
    }
}

/// What pictures are painted on.
pub(super) struct Canvas {
    painter: Painter,
    /// Screen pixels.
    per_point: f32,
    /// Of a texture, pixels.
    most_side: usize,
}

impl Canvas {
    /// Of what is seen of `ui`, the part within `clip`.
    pub(super) fn within(ui: &Ui, clip: Rect) -> Self {
        Self {
            painter: ui.painter_at(clip.intersect(ui.clip_rect())),
            per_point: ui.pixels_per_point(),
            most_side: ui.input(|input| input.max_texture_side),
        }
    }
}

/// Where a part of a picture lies when the whole lies in `whole`.
pub(super) fn place_of(region: Region, of: Size, whole: Rect) -> Rect {
    let scale = vec2(whole.width() / of.width as f32, whole.height() / of.height as f32);
    let min = whole.min + vec2(region.left as f32, region.top as f32) * scale;
    Rect::from_min_size(min, vec2(region.size.width as f32, region.size.height as f32) * scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(width: u32, height: u32) -> Sheet {
        let size = Size { width, height };
        let rgba = vec![255; size.pixels() as usize * 4];
        Sheet::new(Picture { size, rgba }, size)
    }

    #[test]
    fn the_level_is_just_larger_than_what_is_seen() {
        let sheet = sheet(800, 400);
        let widths: Vec<usize> = sheet.levels.iter().map(|level| level.size[0]).collect();
        assert_eq!(widths, [800, 400, 200, 100, 50]);
        for (width, most, level) in [
            (2000.0, 8192, 0),
            (800.0, 8192, 0),
            (471.0, 8192, 0),
            (470.0, 8192, 1),
            (90.0, 8192, 3),
            (3.0, 8192, 4),
            (800.0, 256, 2),
        ] {
            assert_eq!(sheet.level_for(width, most), level, "{width} {most}");
        }
        assert!(sheet.bytes() < 800 * 400 * 4 * 4 / 3 + 1);
    }

    #[test]
    fn textures_are_bounded_and_what_is_drawn_stays() {
        let context = egui::Context::default();
        let most_bytes = 4 << 20;
        let mut textures = Textures {
            most: most_bytes,
            ..Textures::default()
        };
        let kept = sheet(128, 128);
        let mut most = 0;
        for _ in 0..200 {
            let next = sheet(128, 128);
            let mut output = context.run_ui(egui::RawInput::default(), |ui| {
                textures.next_frame();
                let rect = Rect::from_min_size(Pos2::ZERO, vec2(128.0, 128.0));
                let canvas = Canvas::within(ui, rect);
                textures.draw(&canvas, &kept, rect);
                textures.draw(&canvas, &next, rect);
            });
            // Nobody draws them here.
            output.textures_delta.clear();
            most = most.max(textures.bytes());
        }
        assert!(most > most_bytes / 2, "there was more than that to hold");
        assert!(textures.bytes() <= most_bytes + 2 * 128 * 128 * 4, "{textures:?}");
        assert!(textures.held.contains_key(&(kept.id, 0, false)));
    }

    #[test]
    fn regions() {
        let region = |left, top, width, height| Region {
            left,
            top,
            size: Size { width, height },
        };
        assert!(region(2, 2, 5, 5).holds(&region(3, 3, 4, 4)));
        assert!(!region(2, 2, 5, 5).holds(&region(3, 3, 5, 4)));
        let whole = Rect::from_min_size(pos2(10.0, 20.0), vec2(100.0, 50.0));
        let size = Size { width: 200, height: 100 };
        assert_eq!(
            place_of(region(20, 10, 40, 20), size, whole),
            Rect::from_min_size(pos2(20.0, 25.0), vec2(20.0, 10.0))
        );
    }
}
