"""From a frame to what is read: tables, claims computed from the data, provenance, a page."""
