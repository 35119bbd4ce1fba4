//! Plots before they are drawn: what a report has to show, as curves, columns and bars of plain numbers. `html::svg` draws them.
//! A plot without data is not there at all.

mod bins;
mod build;

pub(super) use build::{formats, load_speed, load_times, phases, savings, sizes, throughput};

/// Everything that a report has to show as a plot, in the order of its page.
pub fn plots(report: &super::Report) -> Vec<Plot> {
    let all = [
        throughput(report),
        sizes(report),
        savings(report),
        formats(report),
        phases(report),
        load_speed(report),
        load_times(report),
    ];
    all.into_iter().flatten().collect()
}

/// A plot.
#[derive(Debug, Clone, PartialEq)]
pub struct Plot {
    /// What it shows.
    pub title: String,
    /// Unit of its values.
    pub unit: String,
    /// What there is to see, in one sentence, for those who do not see it.
    pub summary: String,
    /// How it is drawn.
    pub shape: Shape,
}

/// How a plot is drawn.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// Values over time.
    Curves(Curves),
    /// How many lie where.
    Columns(Columns),
    /// Lengths beside each other.
    Bars(Bars),
}

/// What a mark stands for; its colour and its dashes follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// The phase load.
    Load,
    /// The phase process.
    Process,
    /// The phase write.
    Write,
    /// As it was.
    Before,
    /// As it is.
    After,
    /// Waiting for the phase before.
    WaitInput,
    /// Waiting for the phase after.
    WaitOutput,
    /// Waiting for memory.
    WaitMemory,
}

/// Values over time.
#[derive(Debug, Clone, PartialEq)]
pub struct Curves {
    /// Length of the time axis, seconds.
    pub seconds: f64,
    /// The curves.
    pub curves: Vec<Curve>,
    /// Levels that are drawn through the plot, with their names.
    pub levels: Vec<(f64, String)>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// Its name.
    pub name: String,
    /// Its ink.
    pub ink: Ink,
    /// Begin and end of a stretch of time, seconds, and the mean value in it; in order of time.
    pub points: Vec<(f64, f64, f64)>,
}

/// How many lie where.
#[derive(Debug, Clone, PartialEq)]
pub struct Columns {
    /// What lies in each column, in words.
    pub bins: Vec<String>,
    /// Labels below, at the left edge of the column of that number (as many as there are columns: the right end).
    pub ticks: Vec<(usize, String)>,
    /// The counts: name, ink and one number a column.
    pub series: Vec<(String, Ink, Vec<u64>)>,
    /// Places that are marked, in columns from the left, with their names.
    pub marks: Vec<(f64, String)>,
}

/// Lengths beside each other, one row a thing.
#[derive(Debug, Clone, PartialEq)]
pub struct Bars {
    /// The rows.
    pub rows: Vec<BarRow>,
    /// Names of the inks.
    pub legend: Vec<(String, Ink)>,
    /// The parts of a row follow each other; otherwise they lie below each other.
    pub stacked: bool,
}

/// A row of bars.
#[derive(Debug, Clone, PartialEq)]
pub struct BarRow {
    /// What it is about.
    pub label: String,
    /// Ink, length and the same in words.
    pub parts: Vec<(Ink, f64, String)>,
}
