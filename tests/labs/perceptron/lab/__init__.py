"""Training of a perceptron on two clouds of points, with NumPy alone."""
