//! Values that people type as one word: parsed and shown here, so that a command line, a preset and a report say the same.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use super::{Fit, Slice};

/// Why a word is no such value: what it must be, to go after "must be".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be {0}")]
pub struct NotAValue(&'static str);

const FIT: NotAValue = NotAValue("longest, shortest, a box such as 768x512, or megapixels such as 1.5MP");
const SLICE: NotAValue = NotAValue("one of several such as 2/8, counted from 1");

impl FromStr for Fit {
    type Err = NotAValue;

    fn from_str(text: &str) -> Result<Self, NotAValue> {
        let word = text.trim().to_ascii_lowercase();
        if let Some(number) = word.strip_suffix("mp") {
            let megapixels = number.trim().parse::<f64>().map_err(|_| FIT)?;
            return if megapixels.is_finite() {
                Ok(Fit::Megapixels(megapixels))
            } else {
                Err(FIT)
            };
        }
        match word.as_str() {
            "longest" => Ok(Fit::Longest),
            "shortest" => Ok(Fit::Shortest),
            _ => {
                let (width, height) = word.split_once('x').ok_or(FIT)?;
                Ok(Fit::Box {
                    width: width.trim().parse::<u32>().map_err(|_| FIT)?,
                    height: height.trim().parse::<u32>().map_err(|_| FIT)?,
                })
            }
        }
    }
}

impl fmt::Display for Fit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fit::Longest => out.write_str("longest"),
            Fit::Shortest => out.write_str("shortest"),
            Fit::Box { width, height } => write!(out, "{width}x{height}"),
            Fit::Megapixels(megapixels) => write!(out, "{megapixels}MP"),
        }
    }
}

impl FromStr for Slice {
    type Err = NotAValue;

    fn from_str(text: &str) -> Result<Self, NotAValue> {
        let (index, of) = text.trim().split_once('/').ok_or(SLICE)?;
        Ok(Slice {
            index: index.trim().parse::<u32>().map_err(|_| SLICE)?,
            of: of.trim().parse::<u32>().map_err(|_| SLICE)?,
        })
    }
}

impl fmt::Display for Slice {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.index, self.of)
    }
}

macro_rules! as_text {
    ($($type:ty),+) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse::<Self>().map_err(D::Error::custom)
            }
        }
    )+};
}

as_text!(Fit, Slice);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_back_as_they_went() {
        for (text, expected) in [
            ("longest", Some(Fit::Longest)),
            ("Shortest", Some(Fit::Shortest)),
            ("768x512", Some(Fit::Box { width: 768, height: 512 })),
            (" 768 X 512 ", Some(Fit::Box { width: 768, height: 512 })),
            ("1.5MP", Some(Fit::Megapixels(1.5))),
            ("0.25 mp", Some(Fit::Megapixels(0.25))),
            ("infMP", None),
            ("nanMP", None),
            ("MP", None),
            ("x512", None),
            ("512", None),
            ("-1x5", None),
            ("", None),
        ] {
            let fit = text.parse::<Fit>().ok();
            assert_eq!(fit, expected, "{text}");
            if let Some(fit) = fit {
                assert_eq!(fit.to_string().parse::<Fit>(), Ok(fit));
            }
        }
        for (text, expected) in [
            ("2/8", Some(Slice { index: 2, of: 8 })),
            ("2", None),
            ("2/", None),
            ("a/b", None),
            ("-1/2", None),
        ] {
            let slice = text.parse::<Slice>().ok();
            assert_eq!(slice, expected, "{text}");
            if let Some(slice) = slice {
                assert_eq!(slice.to_string(), text);
            }
        }
    }
}
