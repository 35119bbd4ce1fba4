//! Where it ran; of a merged report, every part with its machine.

use super::super::format::{self, count};
use super::super::page::{Block, Section, Table, Width, code, plain};
use super::super::value::{MachineReport, Report};
use super::head::whole_seconds;

pub(super) fn section(report: &Report) -> Section {
    let rows = rows(&report.machine).into_iter().map(|(name, value)| vec![name.to_owned(), value]);
    let mut blocks = vec![Table::of(&["", ""], rows)];
    if !report.parts.is_empty() {
        blocks.push(Block::Text(plain("That is the machine of the first part. The parts:")));
        let rows = report
            .parts
            .iter()
            .map(|part| {
                vec![
                    code(part.id.clone()),
                    plain(whole_seconds(part.started)),
                    plain(format::seconds(part.wall_seconds)),
                    plain(count(part.shards)),
                    plain(count(part.images_shrunk)),
                    plain(part.machine.processor.clone()),
                    plain(part.machine.system.clone()),
                    plain(count(part.machine.workers)),
                    plain(part.machine.backend.clone()),
                ]
            })
            .collect();
        let columns = [
            "Part",
            "Begun",
            "Time",
            "Shards",
            "Shrunk",
            "Processor",
            "System",
            "Workers",
            "Resized by",
        ];
        blocks.push(Table::dressed(&columns, rows));
    }
    let width = if report.parts.is_empty() { Width::Half } else { Width::Whole };
    Section::new("Machine", width, blocks)
}

/// What there is to say of a machine, label and value.
pub(in crate::report) fn rows(machine: &MachineReport) -> [(&'static str, String); 9] {
    let known = |bytes: u64| if bytes == 0 { "unknown".to_owned() } else { format::memory(bytes) };
    [
        ("Shardpress", machine.program_version.clone()),
        ("Codecs", machine.codecs.join(", ")),
        ("Resized by", machine.backend.clone()),
        ("System", machine.system.clone()),
        ("Processor", machine.processor.clone()),
        ("Cores", count(machine.cores)),
        ("Workers", count(machine.workers)),
        ("Memory", known(machine.memory_bytes)),
        ("Memory budget", known(machine.memory_budget_bytes)),
    ]
}
