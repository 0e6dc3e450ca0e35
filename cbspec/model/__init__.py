"""Plain data that other packages exchange: values, findings, edits and places in files."""
