//! The plot of file sizes: how many files were and became how large, over the same bins.

use egui::{Align2, Color32, Ui};
use egui_plot::{Bar, PlotUi};

use super::charts::{LINE, bar_chart, marks, words_at};
use super::sizes::Bin;
use super::state::Live;
use crate::gui::format;
use crate::gui::theme::{self, Tokens, mix};
use crate::gui::widgets;

/// A letter of the smallest ones at its widest, points.
const LETTER: f64 = 7.0;

/// The plot, as high as this.
pub(super) fn show(ui: &mut Ui, live: &Live, height: f32) {
    let tokens = theme::tokens(ui);
    let bins = live.now.plots.bins.clone();
    let most = bins.iter().map(|bin| bin.before.max(bin.after)).max().unwrap_or(1);
    let y = marks(f64::from(most).max(1.0) * 1.02);
    let top = y.last().copied().unwrap_or(1.0);
    let (from, to) = match (bins.first(), bins.last()) {
        (Some(first), Some(last)) => (first.octaves[0] - 0.5, last.octaves[1] + 0.5),
        _ => (13.5, 23.5),
    };
    let x = octave_marks(from, to);
    let replaced = live.now.story.changed;
    let summary = if replaced == 0 {
        "Sizes of files before and after; none is finished yet".to_owned()
    } else {
        let mean = |bytes: i128| format::bytes(u64::try_from(bytes / i128::from(replaced)).unwrap_or(0)).text();
        let before = i128::from(live.now.story.replaced_bytes);
        let after = before - i128::from(live.now.snapshot.saved_bytes);
        format!("A file had {} on average and has {} now", mean(before), mean(after))
    };
    let hovered = bins.clone();
    widgets::Chart::new("file sizes", "", &summary)
        .height(height)
        .x(from, to, x, |octave| {
            format::bytes(octave.exp2().round() as u64)
                .text()
                .replace(".00", "")
                .replace(".0", "")
        })
        .y(0.0, top, y, |value| format::count(value.round() as u64))
        .hover(move |x, _| {
            let bin = hovered.iter().find(|bin| bin.octaves[0] <= x && x < bin.octaves[1]);
            bin.map_or_else(String::new, |bin| {
                format!(
                    "{} to {}\nBefore {}\nAfter {}",
                    format::bytes(bin.octaves[0].exp2() as u64).text(),
                    format::bytes(bin.octaves[1].exp2() as u64).text(),
                    format::count(bin.before.into()),
                    format::count(bin.after.into())
                )
            })
        })
        .show(ui, move |plot| {
            let middle = |octaves: [f64; 2]| octaves[0].midpoint(octaves[1]);
            let grey = mix(tokens.card, tokens.text3, 0.7);
            let before = bins
                .iter()
                .map(|bin| Bar::new(middle(bin.octaves), f64::from(bin.before)).width(0.45));
            plot.bar_chart(bar_chart(before.collect(), grey));
            let after = bins
                .iter()
                .map(|bin| Bar::new(middle(bin.octaves), f64::from(bin.after)).width(0.28));
            plot.bar_chart(bar_chart(after.collect(), tokens.accent));
            size_names(plot, tokens, &bins, [to, top]);
        });
}

/// Names both histograms at their peaks: above whatever stands below the words, and not on one another. `to` and `top`: where the axes end.
fn size_names(plot: &mut PlotUi<'_>, tokens: &Tokens, bins: &[Bin], [to, top]: [f64; 2]) {
    type Count = fn(&Bin) -> u32;
    let (letter, line) = {
        let transform = plot.transform();
        (LETTER / transform.dpos_dvalue_x(), LINE / transform.dpos_dvalue_y().abs())
    };
    let counts: [(Count, &str, Color32); 2] = [
        (|bin| bin.before, "Before", tokens.text2),
        (|bin| bin.after, "After", tokens.accent),
    ];
    let mut taken: Option<[f64; 3]> = None;
    for (count, words, color) in counts {
        let Some(peak) = bins.iter().max_by_key(|bin| count(bin)).filter(|bin| count(bin) > 0) else {
            continue;
        };
        let wide = words.len() as f64 * letter;
        let begin = peak.octaves[0].min(to - wide);
        let below = bins.iter().filter(|bin| bin.octaves[0] < begin + wide && begin < bin.octaves[1]);
        let highest = below.map(|bin| bin.before.max(bin.after)).max().unwrap_or(0);
        let mut bottom = (f64::from(highest) + line / 4.0).min(top - line);
        if let Some([start, end, other]) = taken
            && begin < end
            && start < begin + wide
            && (bottom - other).abs() < line
        {
            bottom = if other + 2.0 * line <= top { other + line } else { other - line };
        }
        taken = Some([begin, begin + wide, bottom]);
        plot.text(words_at([begin, bottom], words, color, Align2::LEFT_BOTTOM));
    }
}

/// Every third octave, or more seldom: 16 KiB, 128 KiB, 1 MiB, 8 MiB.
fn octave_marks(from: f64, to: f64) -> Vec<f64> {
    let step = ((to - from) / 4.0).ceil().max(1.0);
    let first = (from / step).ceil() * step;
    (0..).map(|n| first + f64::from(n) * step).take_while(|mark| *mark <= to).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_has_few_round_marks() {
        assert_eq!(octave_marks(13.5, 23.5), [15.0, 18.0, 21.0]);
    }
}
