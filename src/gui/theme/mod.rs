//! The only place with colours, sizes and fonts: a page that wants a colour asks for it by what it means, so that both
//! themes, "more contrast" and a change of mind reach every page at once.

mod fonts;
mod phase;
mod sizes;
mod style;
mod text;
mod tokens;

pub(crate) use fonts::ICONS;
pub(crate) use phase::{PHASES, Phase};
pub(crate) use sizes::*;
pub(crate) use style::{Looks, focus_is_visible, install, reduced_motion};
pub(crate) use text::{Text, rich};
pub(crate) use tokens::{Tokens, mix, tokens, tokens_of};

/// The icons, by the names their makers gave them.
pub(crate) use lucide_icons::Icon;
