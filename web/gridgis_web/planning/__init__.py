"""Between the engine and the store: what the engine computes, as bytes and back, and what an office does with it."""
