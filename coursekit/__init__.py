"""coursekit: check online vocational-training courses against the notices they are filed under."""

__version__ = "0.1.0"
__all__ = ["__version__"]
