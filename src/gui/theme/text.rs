//! The type scale: eleven sizes and weights, each with its line height, and nothing between them.

use super::fonts;
use egui::text::TextFormat;
use egui::{Color32, FontFamily, FontId, RichText};

/// A step of the type scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Text {
    /// The one number of a page. 28/34, 600.
    Figure,
    /// Titles of pages, numbers of tiles. 20/28, 600.
    Title,
    /// Titles of dialogs and sections. 15/22, 600.
    Section,
    /// Running text. 13/18, 400.
    Body,
    /// Controls and names. 13/18, 500.
    Control,
    /// Titles of cards, the primary button. 13/18, 600.
    Strong,
    /// Tables, captions, chips. 12/16, 400.
    Small,
    /// Headers of tables, captions that lead. 12/16, 500.
    SmallStrong,
    /// Axes, legends, shortcuts. 11/16, 400.
    Tiny,
    /// Commands. Monospace 12/16.
    Code,
}

impl Text {
    /// Size and family.
    pub(crate) fn font(self) -> FontId {
        let family = match self {
            Text::Figure | Text::Title | Text::Section | Text::Strong => fonts::semibold(),
            Text::Control | Text::SmallStrong => fonts::medium(),
            Text::Body | Text::Small | Text::Tiny => FontFamily::Proportional,
            Text::Code => FontFamily::Monospace,
        };
        FontId::new(self.size(), family)
    }

    fn size(self) -> f32 {
        match self {
            Text::Figure => 28.0,
            Text::Title => 20.0,
            Text::Section => 15.0,
            Text::Body | Text::Control | Text::Strong => 13.0,
            Text::Small | Text::SmallStrong | Text::Code => 12.0,
            Text::Tiny => 11.0,
        }
    }

    /// Height of a line.
    pub(crate) fn line(self) -> f32 {
        match self {
            Text::Figure => 34.0,
            Text::Title => 28.0,
            Text::Section => 22.0,
            Text::Body | Text::Control | Text::Strong => 18.0,
            Text::Small | Text::SmallStrong | Text::Tiny | Text::Code => 16.0,
        }
    }

    /// For sections of a `LayoutJob`.
    pub(crate) fn format(self, color: Color32) -> TextFormat {
        TextFormat {
            font_id: self.font(),
            line_height: Some(self.line()),
            color,
            ..TextFormat::default()
        }
    }
}

/// Text of one step and colour, for labels.
pub(crate) fn rich(text: impl Into<String>, step: Text, color: Color32) -> RichText {
    RichText::new(text).font(step.font()).line_height(Some(step.line())).color(color)
}
