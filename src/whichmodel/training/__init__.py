"""Training of deblurring networks: pairs of pictures, batches of several sizes, the published recipe, the loop.

    pairs, blur     a blurred and a sharp crop: out of pairs of photographs, or made from sharp ones
    sampler         which crops of which size make a batch
    recipe          loss and learning rate as published
    state, trainer  the loop, its log and its checkpoints; it resumes to the same losses

Needs the extra `[torch]`; `pairs`, `blur` and `sampler` do without.
"""
