//! Tables of plain text: columns as wide as their widest cell, counted in characters.

/// Lines of `rows`, the first column to the left, all others to the right, two spaces between them.
pub(super) fn lines(rows: &[Vec<String>]) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    rows.iter()
        .map(|row| {
            let mut line = String::new();
            for (at, (cell, &width)) in row.iter().zip(&widths).enumerate() {
                if at == 0 {
                    line.push_str(&format!("{cell:<width$}"));
                } else {
                    line.push_str(&format!("  {cell:>width$}"));
                }
            }
            line.trim_end().to_owned()
        })
        .collect()
}

/// A row of it.
pub(super) fn row<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.into_iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_by_characters() {
        let rows = [row(["größe", "1", "x"]), row(["a", "1,000", ""])];
        assert_eq!(lines(&rows), ["größe      1  x", "a      1,000"]);
        assert!(lines(&[]).is_empty());
    }
}
