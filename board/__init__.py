"""The page on which a safety board sees its alerts and judges them."""
