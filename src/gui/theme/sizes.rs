//! One scale of distances, radii and heights. In points, before the window's zoom.

/// Between parts of one thing.
pub(crate) const SPACE_4: f32 = 4.0;
/// Between things that belong together.
pub(crate) const SPACE_8: f32 = 8.0;
/// Between cards, and inside a dense one.
pub(crate) const SPACE_12: f32 = 12.0;
/// The edge of a page, and inside a roomy card.
pub(crate) const SPACE_16: f32 = 16.0;
/// Between sections.
pub(crate) const SPACE_24: f32 = 24.0;
/// Around what stands alone.
pub(crate) const SPACE_32: f32 = 32.0;

/// Corners of a checkbox.
pub(crate) const RADIUS_CHECK: u8 = 3;
/// Corners of bars and segments.
pub(crate) const RADIUS_BAR: u8 = 4;
/// Corners of buttons and fields.
pub(crate) const RADIUS_CONTROL: u8 = 6;
/// Corners of cards.
pub(crate) const RADIUS_CARD: u8 = 8;
/// Corners of dialogs.
pub(crate) const RADIUS_DIALOG: u8 = 12;

/// Buttons and fields.
pub(crate) const HEIGHT_CONTROL: f32 = 28.0;
/// Buttons and fields inside a row, and the least a pointer must hit.
pub(crate) const HEIGHT_SMALL: f32 = 24.0;
/// Buttons of a dialog.
pub(crate) const HEIGHT_DIALOG_BUTTON: f32 = 32.0;
/// Rows of a table.
pub(crate) const HEIGHT_ROW: f32 = 28.0;
/// Rows of a report's table.
pub(crate) const HEIGHT_REPORT_ROW: f32 = 20.0;
/// Rows of a list with two lines.
pub(crate) const HEIGHT_LIST_ROW: f32 = 44.0;
/// Rows of quick settings.
pub(crate) const HEIGHT_SETTING_ROW: f32 = 36.0;
/// The bar on top.
pub(crate) const HEIGHT_TOP_BAR: f32 = 48.0;
/// The bar at the foot.
pub(crate) const HEIGHT_STATUS_BAR: f32 = 32.0;

/// Icons in bars and buttons.
pub(crate) const ICON_BAR: f32 = 16.0;
/// Icons in rows.
pub(crate) const ICON_ROW: f32 = 14.0;
/// Icons in chips.
pub(crate) const ICON_CHIP: f32 = 13.0;

/// Left panel: as it opens, least and most.
pub(crate) const PANEL: f32 = 288.0;
/// The narrowest left panel.
pub(crate) const PANEL_LEAST: f32 = 240.0;
/// The widest left panel.
pub(crate) const PANEL_MOST: f32 = 400.0;
/// The folded left panel.
pub(crate) const RAIL: f32 = 48.0;
/// Below this width of the window the panel folds to a rail.
pub(crate) const NARROW: f32 = 1100.0;
/// Column of a unit behind right-aligned digits.
pub(crate) const UNIT_COLUMN: f32 = 22.0;

/// Seconds that hovering and pressing take.
pub(crate) const MOTION_HOVER: f32 = 0.08;
/// Seconds that panels and menus take.
pub(crate) const MOTION_PANEL: f32 = 0.12;
/// Seconds that a toast takes to come in.
pub(crate) const MOTION_TOAST: f32 = 0.16;
/// Seconds that a bar takes to reach its next value: one tick of the engine.
pub(crate) const MOTION_TICK: f32 = 0.05;
