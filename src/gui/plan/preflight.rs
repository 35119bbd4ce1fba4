//! The pre-flight list: what to know before Shrink is pressed, each line with a way to its files.

use egui::{Color32, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};

use super::Command;
use super::page::within;
use crate::gui::command::Outbox;
use crate::gui::model::Model;
use crate::gui::shell::{self, Page};
use crate::gui::theme::{self, Icon, Text, Tokens};
use crate::gui::widgets::{card_title, elide_end, icon_at, label, line, link_named, put_left};
use crate::report::{Concerned, Finding, Level, Matter};

const HEIGHT_ROW: f32 = 26.0;

/// The card's content; its title stands elsewhere where cards take turns.
pub(super) fn show(ui: &mut Ui, model: &Model, titled: bool, out: &mut Outbox) {
    ui.spacing_mut().item_spacing.y = 0.0;
    if titled {
        ui.add_space(-4.0);
        card_title(ui, "Pre-flight", |ui| note(ui, model));
        ui.add_space(1.0);
    }
    // Beside the scroll bar, where there is one.
    let scrolls = HEIGHT_ROW * model.plan.findings().len() as f32 > ui.available_height();
    ScrollArea::vertical().id_salt("pre-flight").auto_shrink(false).show(ui, |ui| {
        for (number, finding) in model.plan.findings().iter().enumerate() {
            row(ui, number, finding, if scrolls { theme::SPACE_12 } else { 0.0 }, out);
        }
    });
}

/// What it comes to.
pub(super) fn note(ui: &mut Ui, model: &Model) {
    let tokens = theme::tokens(ui);
    let blocking = model.plan.findings().iter().filter(|f| f.level == Level::Blocks).count();
    match blocking {
        0 => label(ui, "Nothing blocks the run", Text::Small, tokens.text3),
        1 => label(ui, "1 thing blocks the run", Text::Small, tokens.danger),
        n => label(ui, format!("{n} things block the run"), Text::Small, tokens.danger),
    };
}

fn row(ui: &mut Ui, number: usize, finding: &Finding, inset: f32, out: &mut Outbox) {
    let tokens = theme::tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width() - inset, HEIGHT_ROW), Sense::hover());
    let spoken = format!("{}, {}. {}", level_words(finding.level), finding.headline, finding.detail);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &spoken));
    let middle = rect.center().y;
    let (glyph, ink) = look(finding, tokens);
    icon_at(ui, pos2(rect.left() + 8.0, middle), glyph, theme::ICON_ROW, ink);
    let way = way(finding);
    let link_width = way.map_or(0.0, |(words, _)| {
        line(ui, words, Text::SmallStrong, tokens.accent).size().x + theme::SPACE_12
    });
    let right = rect.right() - link_width;
    let left = rect.left() + 24.0;
    let (headline, _) = elide_end(ui, &finding.headline, Text::Control, right - left);
    let end = put_left(ui, left, middle, line(ui, headline, Text::Control, tokens.text));
    let room = right - end - theme::SPACE_8;
    if room > 32.0 {
        let (detail, shortened) = elide_end(ui, &finding.detail, Text::Small, room);
        put_left(ui, end + theme::SPACE_8, middle, line(ui, detail, Text::Small, tokens.text3));
        if shortened {
            crate::gui::widgets::tip(response, &finding.detail);
        }
    } else {
        crate::gui::widgets::tip(response, &finding.detail);
    }
    let Some((words, leads)) = way else { return };
    let place = egui::Rect::from_min_max(pos2(right + theme::SPACE_12, middle - 9.0), pos2(rect.right(), middle + 9.0));
    let name = format!("{words}: {}", finding.headline);
    if within(ui, place, |ui| link_named(ui, words, &name).clicked()) {
        match leads {
            Leads::Files => out.send(Command::ShowFinding(number)),
            Leads::Settings => out.send(shell::Command::Go(Page::Settings)),
        }
    }
}

#[derive(Clone, Copy)]
enum Leads {
    Files,
    Settings,
}

/// What can be done about a line.
fn way(finding: &Finding) -> Option<(&'static str, Leads)> {
    if finding.matter == Matter::Sidecars {
        return Some(("Change", Leads::Settings));
    }
    match finding.files.first()? {
        Concerned::Image(..) => Some(("Show", Leads::Files)),
        Concerned::File(..) | Concerned::Folder(_) => Some(("Open folder", Leads::Files)),
    }
}

fn level_words(level: Level) -> &'static str {
    match level {
        Level::Blocks => "Blocks the run",
        Level::Warning => "Warning",
        Level::Note => "Note",
        Level::Fine => "Fine",
    }
}

fn look(finding: &Finding, tokens: &Tokens) -> (Icon, Color32) {
    let glyph = match finding.matter {
        Matter::Collisions => Icon::TriangleAlert,
        Matter::Unreadable => Icon::FolderX,
        Matter::ReadOnly => Icon::Lock,
        Matter::WeakSync => Icon::HardDrive,
        Matter::Space => Icon::HardDrive,
        Matter::Interrupted => Icon::History,
        Matter::Damaged => Icon::FileExclamationPoint,
        Matter::Refused => Icon::OctagonX,
        Matter::HardLinks => Icon::Link2,
        Matter::StaleLatents => Icon::FileClock,
        Matter::Sidecars => Icon::FileBraces,
        Matter::UnreadableSidecars => Icon::FileX,
        Matter::Orphans | Matter::WithoutSidecar => Icon::FileQuestionMark,
        Matter::Animated => Icon::Film,
        Matter::NotRequested => Icon::Image,
        Matter::Fine => Icon::ShieldCheck,
    };
    let ink = match finding.level {
        Level::Blocks => tokens.danger,
        Level::Warning => tokens.warning,
        Level::Note => tokens.text2,
        Level::Fine => tokens.success,
    };
    (glyph, ink)
}
