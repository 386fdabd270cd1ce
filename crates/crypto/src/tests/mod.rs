//! Tests that ask the room as a whole, or that bring files of answers with them.

mod asymmetric;
mod golden_records;
mod published_vectors;
