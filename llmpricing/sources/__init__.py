"""The public price lists, one room each: `parse(bytes)` gives observations. `fetch` is the only outbound HTTP."""
