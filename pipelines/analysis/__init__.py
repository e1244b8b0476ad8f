"""Statistics that SQL cannot do: pure functions of numbers and arrays, and the tables made with them."""
