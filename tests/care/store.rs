//! The reference store keeps its limits and its files to itself.
