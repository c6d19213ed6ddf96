"""What is known before a program runs: the types of a call's arguments."""

from gradgen.infer.signature import Leaf, declared, describe, key, signature, types_of

__all__ = ["Leaf", "declared", "describe", "key", "signature", "types_of"]
