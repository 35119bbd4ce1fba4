//! Remarks at the lower right that go by themselves.

use std::time::Duration;

use egui::{Id, Ui};

use super::{Command as ShellCommand, View};
use crate::gui::command::{Command, Outbox};
use crate::gui::model::Model;
use crate::gui::theme::{self, Icon};
use crate::gui::widgets::{self, ToastAct, ToastLook};

/// How grave it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::gui) enum Tone {
    Success,
    Warning,
    Danger,
}

/// One remark: a fact, its detail, and up to two things to do about it.
#[derive(Debug, Clone)]
pub(in crate::gui) struct Toast {
    pub(in crate::gui) id: u64,
    pub(in crate::gui) tone: Tone,
    pub(in crate::gui) title: String,
    pub(in crate::gui) detail: String,
    pub(in crate::gui) links: Vec<(String, Command)>,
}

impl Toast {
    pub(in crate::gui) fn new(tone: Tone, title: impl Into<String>) -> Self {
        Self {
            id: 0,
            tone,
            title: title.into(),
            detail: String::new(),
            links: Vec::new(),
        }
    }

    /// What else is to be known.
    pub(in crate::gui) fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// Something to do about it; more than two are not shown.
    pub(in crate::gui) fn link(mut self, label: impl Into<String>, command: impl Into<Command>) -> Self {
        self.links.push((label.into(), command.into()));
        self
    }
}

/// Seconds that a toast stays; longer where there is something to do about it.
const STAYS: f64 = 8.0;
const STAYS_WITH_LINKS: f64 = 12.0;

pub(super) fn show(ui: &mut Ui, model: &Model, view: &mut View, out: &mut Outbox) {
    let toasts = &model.shell.toasts;
    view.toasts.retain(|(id, _)| toasts.iter().any(|toast| toast.id == *id));
    if toasts.is_empty() {
        return;
    }
    let now = ui.input(|input| input.time);
    let still = theme::reduced_motion(ui);
    let mut up = 0.0;
    let mut pointed = false;
    // The newest lies lowest.
    for toast in toasts.iter().rev() {
        let tokens = theme::tokens(ui);
        let (icon, color) = match toast.tone {
            Tone::Success => (Icon::CircleCheck, tokens.accent),
            Tone::Warning => (Icon::TriangleAlert, tokens.warning),
            Tone::Danger => (Icon::CircleAlert, tokens.danger),
        };
        let links: Vec<&str> = toast.links.iter().take(2).map(|(label, _)| label.as_str()).collect();
        let since = match view.toasts.iter().find(|(id, _)| *id == toast.id) {
            Some((_, since)) => *since,
            None => {
                view.toasts.push((toast.id, now));
                now
            }
        };
        let shown = if still {
            1.0
        } else {
            ((now - since) as f32 / theme::MOTION_TOAST).clamp(0.0, 1.0)
        };
        if shown < 1.0 {
            ui.ctx().request_repaint();
        }
        let look = ToastLook {
            icon,
            color,
            fact: &toast.title,
            detail: &toast.detail,
            links: &links,
        };
        let (height, act, is_over) = widgets::toast(ui.ctx(), Id::unique("toast").with(toast.id), up, shown, &look);
        up += height + theme::SPACE_8;
        pointed |= is_over;
        match act {
            Some(ToastAct::Close) => out.send(ShellCommand::DropToast(toast.id)),
            Some(ToastAct::Link(index)) => {
                if let Some((_, command)) = toast.links.get(index) {
                    out.send(command.clone());
                }
                out.send(ShellCommand::DropToast(toast.id));
            }
            None => {}
        }
        let stays = if links.is_empty() { STAYS } else { STAYS_WITH_LINKS };
        if now - since > stays {
            out.send(ShellCommand::DropToast(toast.id));
        } else {
            ui.ctx()
                .request_repaint_after(Duration::from_secs_f64((stays - (now - since)).max(0.05)));
        }
    }
    // They wait while somebody reads: each begins anew when the pointer leaves.
    if pointed {
        view.toasts
            .iter_mut()
            .for_each(|(_, since)| *since = now - f64::from(theme::MOTION_TOAST));
    }
}
