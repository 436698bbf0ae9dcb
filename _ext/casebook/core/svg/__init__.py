"""SVG made safe and small."""
