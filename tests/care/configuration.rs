//! Whose settings are used, and that a run without a target is not green.
