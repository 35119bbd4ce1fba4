//! The parts that pages are put together from. All are painted from the theme's tokens, named for screen readers and worked
//! by keyboard; a page that needs something else extends one of them rather than painting its own.

mod button;
mod card;
mod empty;
mod field;
mod keys;
mod overlay;
mod paint;
mod phase;
mod plot;
mod rows;
mod select;
mod slider;
mod switch;
mod tips;
mod words;

pub(crate) use button::{Button, icon_button, icon_button_with, link, link_named};
pub(crate) use card::{Tile, card_frame, card_in, card_line, card_title, card_title_note, side_number, tiles};
pub(crate) use empty::{drawing, drop_outline, empty_line, empty_state, mark, spinner, spinner_at};
pub(crate) use field::{NumberField, TextField, error_line};
pub(crate) use keys::kbd;
pub(crate) use overlay::{
    ToastAct, ToastLook, dialog, dialog_buttons, dialog_head, dialog_of, dialog_rows, paragraph, toast, verdict, warning_strip,
};
pub(crate) use paint::{focus_ring, focus_ring_inside, hover_part, icon, icon_at, line, lines, put_left, put_right};
pub(crate) use phase::{PhaseBar, phase_bar, phase_heads, phase_legend, progress, swatch};
pub(crate) use plot::{Chart, phase_line};
pub(crate) use rows::{
    Side, Sorted, header_cell, header_ground, list_row_ground, name_cell, nav_row, number_cell, plain_header_cell, row_line, state_cell,
    tab, table_style, text_cell,
};
pub(crate) use select::{MenuItem, Select, menu, menu_heading, menu_line, sticky_menu};
pub(crate) use slider::Slider;
pub(crate) use switch::{Segment, checkbox, checkbox_in_row, labelled_checkbox, segmented, toggle};
pub(crate) use tips::{tip, tip_with_keys};
pub(crate) use words::{badge, elide_end, elide_middle, file_name, label, number_at, state};

#[cfg(test)]
mod gallery;
