"""Plans of a point's operating days: board, insertion, improving solve, published version."""
