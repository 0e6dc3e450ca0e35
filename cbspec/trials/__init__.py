"""Check that claims can fail: deliberate mistakes in the engine, and which claims notice them."""
