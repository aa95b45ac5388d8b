"""Charts as Vega-Lite specifications, drawn to SVG by vl-convert in a process of its own."""
