//! The columns of the table: titles, widths, which are shown.

use super::Kept;
use super::order::Column;
use crate::gui::widgets::Side;

/// A column's look.
pub(super) struct Look {
    pub(super) title: &'static str,
    /// The title in full, where it stands alone: in the menu, and for screen readers.
    pub(super) name: &'static str,
    pub(super) width: f32,
    pub(super) side: Side,
}

/// Names take what the others leave, but not less than this.
pub(super) const LEAST_NAME: f32 = 150.0;

pub(super) fn look(column: Column) -> Look {
    let (title, name, width, side) = match column {
        Column::Name => ("Name", "Name", 0.0, Side::Left),
        Column::Shard => ("Shard", "Shard", 110.0, Side::Left),
        Column::Format => ("Format", "Format", 76.0, Side::Left),
        Column::PixelsBefore => ("Pixels before", "Pixels before", 110.0, Side::Right),
        Column::PixelsAfter => ("After", "Pixels after", 88.0, Side::Right),
        Column::BytesBefore => ("Bytes before", "Bytes before", 104.0, Side::Right),
        Column::BytesAfter => ("After", "Bytes after", 84.0, Side::Right),
        Column::Saves => ("Saves", "Saves", 82.0, Side::Right),
        Column::Action => ("Action", "Action", 112.0, Side::Left),
        Column::Reason => ("Reason", "Reason", 156.0, Side::Left),
        Column::NewName => ("New name", "New name", 160.0, Side::Left),
    };
    Look { title, name, width, side }
}

/// Whether a click on the title puts the largest first.
pub(super) fn begins_down(column: Column) -> bool {
    look(column).side == Side::Right
}

/// Whether a person sees the column, in a table of so many shards.
pub(super) fn is_shown(column: Column, kept: &Kept, shards: usize) -> bool {
    let usual = match column {
        Column::Format | Column::NewName => false,
        Column::Shard => shards > 1,
        _ => true,
    };
    (usual || kept.shown.contains(&column)) && !kept.hidden.contains(&column)
}

/// What fits: in a narrow window the last columns give way, so that names can be read.
pub(super) fn that_fit(kept: &Kept, shards: usize, room: f32) -> Vec<Column> {
    let mut columns: Vec<Column> = Column::ALL.into_iter().filter(|c| is_shown(*c, kept, shards)).collect();
    let taken = |columns: &[Column]| columns.iter().map(|c| look(*c).width).sum::<f32>();
    for gives_way in [
        Column::Reason,
        Column::NewName,
        Column::Format,
        Column::PixelsAfter,
        Column::Shard,
        Column::PixelsBefore,
    ] {
        if taken(&columns) + LEAST_NAME <= room {
            break;
        }
        columns.retain(|column| *column != gives_way);
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_give_way_to_names() {
        let kept = Kept::default();
        let wide = that_fit(&kept, 1, 960.0);
        assert_eq!(wide.len(), 8);
        let narrow = that_fit(&kept, 1, 820.0);
        assert!(
            !narrow.contains(&Column::Reason) && narrow.contains(&Column::PixelsAfter),
            "{narrow:?}"
        );
        assert!(that_fit(&kept, 3, 1200.0).contains(&Column::Shard));
        let mut kept = Kept::default();
        kept.hidden.insert(Column::Name);
        kept.shown.insert(Column::Format);
        let chosen = that_fit(&kept, 1, 960.0);
        assert!(chosen.contains(&Column::Format) && !chosen.contains(&Column::Name));
    }
}
