"""How the report of an audit looks: on wide screens and phones, in the light and in the dark, on paper."""

from __future__ import annotations

from llmpricing.charts.theme import inline_style

STYLE = f"""
:root {{ color-scheme: light dark; --sheet: #fff; --text: #1a1a1a; --soft: #555; --rule: #ddd; --edge: #888; }}
@media (prefers-color-scheme: dark) {{
  :root {{ --sheet: #161a18; --text: #e7ebe8; --soft: #9ba59f; --rule: #2a312d; --edge: #6d7771; }}
}}
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: var(--text);
  background: var(--sheet); }}
h1 {{ font-size: 1.5rem; }} h2 {{ font-size: 1.15rem; margin-top: 2rem; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ text-align: left; padding: .3rem .6rem; vertical-align: top; overflow-wrap: break-word; }}
.wide {{ overflow-x: auto; background:
  linear-gradient(to right, var(--sheet) 40%, transparent) left / 2.25rem 100% no-repeat local,
  linear-gradient(to left, var(--sheet) 40%, transparent) right / 2.25rem 100% no-repeat local,
  linear-gradient(to right, var(--edge), transparent) left / .8rem 100% no-repeat scroll,
  linear-gradient(to left, var(--edge), transparent) right / .8rem 100% no-repeat scroll; }}
th {{ border-bottom: 2px solid var(--soft); }} td {{ border-bottom: 1px solid var(--rule); }}
td.n, th.n {{ text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; width: 1%; }}
.example {{ color: var(--soft); font-size: .85rem; overflow-wrap: anywhere; }}
.soft {{ color: var(--soft); }} .sums {{ font-size: 1.1rem; }}
.chart {{ margin: .5rem 0 1rem; }} .chart svg {{ display: block; max-width: 100%; height: auto; }}
.chart .narrow {{ display: none; }} .chart .wide {{ background: none; overflow: visible; }}
{inline_style(".chart")}
@media screen and (max-width: 40rem) {{
  th, td {{ padding: .3rem .2rem; }} .example {{ min-width: 9rem; }}
  .chart .wide {{ display: none; }} .chart .narrow {{ display: block; }}
}}
@media print {{
  :root {{ --sheet: #fff; --text: #000; --soft: #333; --rule: #bbb; color-scheme: light; }}
  body {{ margin: 0; max-width: none; }} tr, .chart {{ break-inside: avoid; }}
  .wide {{ overflow: visible; background: none; }}
  th, td {{ overflow-wrap: anywhere; }}
}}
"""
