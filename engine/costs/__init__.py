"""What each stage costs: floating-point operations of one replica, one file per stage.

Only the matrix products that the algorithm needs count. A product of `rows` samples with `weights`
parameters costs 2 * rows * weights forward, the same for the weights' gradient and the same for the
input's gradient; the first layer of a network needs no input gradient. Imports no torch.

No attribute in the engine is called as a function here (hence ``_flops``): what a stage costs would
else count as its code, and an edit of a cost make every result stale.
"""
