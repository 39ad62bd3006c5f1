"""Every parser of foreign bytes, fed with what nobody would write: one table for two engines, and no quadratic time."""
