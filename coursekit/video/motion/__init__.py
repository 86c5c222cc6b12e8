"""How the picture as a whole moves, and when that is a shaking camera."""
