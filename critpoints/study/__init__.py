"""From a question to a table: spec, plan, collect, store, frame."""
