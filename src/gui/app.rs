//! One frame: hear the news, act on commands, start what became due, draw.

use crossbeam_channel::Receiver;

use super::command::{Command, News, Outbox};
use super::frame_times::FrameTimes;
use super::kept::{Keeper, Loaded};
use super::model::{Model, Views};
use super::office::{Office, Places};
use super::shell::{Toast, Tone};
use super::start::Attempt;
use super::{about, plan, preview, report, run, settings, shards, shell, theme, welcome};
use crate::engine::Engine;

/// The window.
pub(super) struct App {
    pub(super) model: Model,
    pub(super) views: Views,
    pub(super) office: Office,
    pub(super) frame_times: FrameTimes,
    inbox: Receiver<News>,
    outbox: Outbox,
    keeper: Keeper,
    attempt: Attempt,
    frames: u32,
}

/// After so many frames the graphics are known to work.
const FRAMES_OF_A_START: u32 = 3;

impl App {
    /// The window as it was left, or as new.
    pub(super) fn new(window: &egui::Context, engine: Engine, places: Places, loaded: Loaded) -> Self {
        theme::install(window, theme::Looks::default());
        let (office, inbox) = Office::new(engine, places, window.clone());
        let mut model = Model::from_kept(loaded.kept.clone());
        if let Some(problem) = loaded.problem {
            model
                .shell
                .toast(Toast::new(Tone::Warning, "The window starts as new").detail(problem));
        }
        let mut app = Self {
            model,
            views: Views::default(),
            office,
            frame_times: FrameTimes::default(),
            inbox,
            outbox: Outbox::default(),
            keeper: Keeper::new(loaded.kept),
            attempt: Attempt::default(),
            frames: 0,
        };
        shell::start(&mut app.model, &app.office);
        shards::start(&mut app.model, &app.office);
        settings::start(&mut app.model, &app.office);
        report::start(&mut app.model, &app.office);
        welcome::start(&mut app.model, loaded.is_first, &app.office);
        app
    }

    /// To say when the start is over.
    pub(super) fn remember_attempt(&mut self, attempt: Attempt) {
        if let Some(remark) = attempt.remark() {
            self.model
                .shell
                .toast(Toast::new(Tone::Warning, "Drawn with OpenGL").detail(remark));
        }
        self.attempt = attempt;
    }

    /// Lays a command in the tray, as if a person had asked for it.
    pub(super) fn send(&mut self, command: impl Into<Command>) {
        self.outbox.send(command);
    }

    fn hear(&mut self, news: News) {
        let (model, office) = (&mut self.model, &self.office);
        match news {
            News::Shell(news) => shell::hear(model, news, office),
            News::Shards(news) => shards::hear(model, news, office),
            News::Settings(news) => settings::hear(model, news, office),
            News::Plan(news) => plan::hear(model, news, office),
            News::Preview(news) => preview::hear(model, news, office),
            News::Run(news) => run::hear(model, news, office),
            News::Report(news) => report::hear(model, news, office),
            News::Welcome(news) => welcome::hear(model, news, office),
            News::About(news) => about::hear(model, news, office),
        }
    }

    fn act(&mut self, command: Command) {
        if let Command::Shell(shell::Command::Confirm(confirmed)) = command {
            self.model.shell.dialog = None;
            return self.act(*confirmed);
        }
        let (model, office) = (&mut self.model, &self.office);
        match command {
            Command::Shell(command) => shell::act(model, command, office),
            Command::Shards(command) => shards::act(model, command, office),
            Command::Settings(command) => settings::act(model, command, office),
            Command::Plan(command) => plan::act(model, command, office),
            Command::Preview(command) => preview::act(model, command, office),
            Command::Run(command) => run::act(model, command, office),
            Command::Report(command) => report::act(model, command, office),
            Command::Welcome(command) => welcome::act(model, command, office),
            Command::About(command) => about::act(model, command, office),
        }
    }

    /// In the order in which data flows: what one part starts, the next may wait for.
    fn settle(&mut self) {
        let (model, office) = (&mut self.model, &self.office);
        shards::settle(model, office);
        settings::settle(model, office);
        plan::settle(model, office);
        preview::settle(model, office);
        run::settle(model, office);
        report::settle(model, office);
    }
}

impl eframe::App for App {
    fn logic(&mut self, window: &egui::Context, _: &mut eframe::Frame) {
        self.frame_times.begin();
        shell::keys(window, &self.model, &mut self.views.shell, &mut self.outbox);
        while let Ok(news) = self.inbox.try_recv() {
            self.hear(news);
        }
        for command in self.outbox.take() {
            self.act(command);
        }
        self.settle();
        shell::apply(window, &mut self.model, &mut self.views);
        self.keeper.look(|| self.model.keep(), &self.office);
        self.frame_times.logic_done();
    }

    fn ui(&mut self, ui: &mut egui::Ui, _: &mut eframe::Frame) {
        self.frame_times.ui_begins();
        self.frames = self.frames.saturating_add(1);
        if self.frames == FRAMES_OF_A_START {
            let attempt = self.attempt.clone();
            self.office.spawn("start is over", move |_| attempt.ended());
        } else if self.frames < FRAMES_OF_A_START {
            ui.ctx().request_repaint();
        }
        shell::show(ui, &self.model, &mut self.views, &mut self.outbox);
        if !self.outbox.is_empty() {
            ui.ctx().request_repaint();
        }
        self.frame_times.ui_done();
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        visuals.panel_fill.to_normalized_gamma_f32()
    }

    fn on_exit(&mut self) {
        self.keeper.finish(self.model.keep(), self.office.places.config.as_deref());
        self.frame_times.log();
    }
}
