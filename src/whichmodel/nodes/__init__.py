"""Operations that steps name: tiling, running networks, resampling, checking results."""
