//! What `benches/` may call (feature `benching`). Nobody else has a use for it.

pub use crate::engine::{Stages, shrink_all};
