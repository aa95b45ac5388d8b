"""Charts: one small module each, which says as Vega-Lite what is drawn; rendered to SVG in a process of its own."""
