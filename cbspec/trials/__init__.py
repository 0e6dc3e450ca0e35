"""Whether claims can fail: mistakes made on purpose in the engine, and who notices them."""
