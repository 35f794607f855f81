// SPDX-License-Identifier: MIT OR Apache-2.0
//! What crosses the border to C++ when something goes wrong: never a panic, always an [`Error`]
//! whose text starts with one letter that C++ turns into its error code.

use std::any::Any;
use std::fmt;
use std::panic::{catch_unwind, AssertUnwindSafe};

/// The letter is the wire form; src/bridge/native_error.hpp reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    InvalidArgument = b'A',
    Cancelled = b'C',
    AlreadyExists = b'E',
    Internal = b'I',
    TooLarge = b'L',
    Malformed = b'M',
    NotFound = b'N',
    Io = b'O',
    Timeout = b'T',
    Unsupported = b'U',
    FailedValidation = b'V',
    Unavailable = b'X',
}

#[derive(Debug)]
pub struct Error {
    kind: Kind,
    message: String,
}

impl Error {
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Error {
            kind,
            message: message.into(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.kind as u8 as char, self.message)
    }
}

impl std::error::Error for Error {}

impl From<anyhow::Error> for Error {
    fn from(error: anyhow::Error) -> Self {
        match error.downcast::<Error>() {
            Ok(own) => own,
            Err(other) => {
                let text = format!("{other:#}");
                // The proofs library has no type for it, and callers want to make or fetch them.
                let kind = match text.contains("No cached parameters found") {
                    true => Kind::NotFound,
                    false => Kind::Internal,
                };
                Error::new(kind, text)
            }
        }
    }
}

pub type Result<T> = std::result::Result<T, Error>;

/// What a caught panic said.
pub fn panic_text(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("unknown cause")
}

/// Runs the body of an exported function: an error keeps its kind, a panic becomes Internal.
pub fn guard<T>(body: impl FnOnce() -> anyhow::Result<T>) -> Result<T> {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(result) => result.map_err(Error::from),
        Err(payload) => Err(Error::new(
            Kind::Internal,
            format!("panic: {}", panic_text(payload.as_ref())),
        )),
    }
}

/// The verdict of `body`, false when it panics: for checks of untrusted input.
pub fn guard_verdict(body: impl FnOnce() -> bool) -> bool {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or(false)
}

/// Leaves the function with an error of this kind.
#[macro_export]
macro_rules! refuse {
    ($kind:ident, $($arg:tt)*) => {
        return Err($crate::Error::new($crate::Kind::$kind, format!($($arg)*)).into())
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_internal_error() {
        let result: Result<()> = guard(|| panic!("broken {}", 7));
        assert_eq!(result.unwrap_err().to_string(), "Ipanic: broken 7");
    }

    #[test]
    fn a_kind_survives_anyhow() {
        let result: Result<()> = guard(|| refuse!(NotFound, "no block {}", 1));
        assert_eq!(result.unwrap_err().to_string(), "Nno block 1");
    }
}
